import { BSON, type Document, type Filter } from 'mongodb';
import { badQuery, text } from '../platform/endpoint';
import { Problem } from '../platform/problem';
import { fieldsOf, parseIdentifier, type StoredDocument, toBson } from './document';
import { parseJson } from './parseJson';

/** Fields to sort by, each 1 (ascending) or -1; the last one is `_id`, so that the order is total. */
export type Sort = readonly (readonly [field: string, direction: 1 | -1])[];

/** Maximum bytes of the link to the next page: requests and responses have at most 16 KiB of headers. */
const linkBytes = 8192;

const some = { minLength: 1 };
const plain = { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean', 'null'] } };

/** Order by id. This array itself also means that no sort was given. */
export const byId: Sort = [['_id', 1]];

/** Position of a document in a sort: its values of the sort's fields. */
export type Position = readonly unknown[];

/** Which documents are read, in which order, and which fields. */
export interface Query {
  readonly filter: Filter<StoredDocument>;
  readonly sort: Sort;
  /** Undefined for all. */
  readonly fields?: readonly string[] | undefined;
}

/** The parameters of a query, but for `limit`, whose maximum is a limit of the service. */
export const queryParameters = {
  after: text('query', 'Start of the page, from the Link header of the previous one.', (token) => token, some),
  filter: {
    in: 'query',
    description: 'Top-level fields and the values that they must equal.',
    content: { 'application/json': { schema: plain, example: { name: 'test' } } },
    parse: parseFilter,
  },
  sort: text(
    'query',
    'Up to four fields, with - for descending, such as -created,name. Needs limit. Documents with an array in one of them are refused.',
    parseSort,
    some,
  ),
  fields: text(
    'query',
    'Fields to return, such as name,value. The _id and those of sort always are.',
    parseFields,
    some,
  ),
  total: text('query', 'Adds the number of matching documents as X-Total-Count.', parseTotal, { enum: ['true'] }),
} as const;

/** Top-level fields, and the strings, numbers, booleans or null that they must be equal to. */
function parseFilter(text: string | undefined): Filter<StoredDocument> {
  if (text === undefined) return {};
  const value = parseFilterJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badFilter('is not a JSON object');
  const conditions = Object.entries(value).map(([field, wanted]: [string, unknown]) => {
    if (!isField(field)) throw badFilter(`has '${field}', which names no top-level field`);
    if (typeof wanted === 'object' && wanted !== null) throw badFilter(`compares '${field}' with an object or array`);
    // `$eq` treats its operand as data, not as operators.
    return {
      [field]: { $eq: field === '_id' && typeof wanted === 'string' ? parseIdentifier(wanted, 'The filter') : wanted },
    };
  });
  return conditions.length === 0 ? {} : ({ $and: conditions } as Filter<StoredDocument>);
}

function parseFilterJson(text: string): unknown {
  try {
    return parseJson(text, 'The filter');
  } catch (error) {
    if (!(error instanceof Problem && ['bad-document', 'bad-json'].includes(error.kind))) throw error;
    throw new Problem(422, 'bad-filter', { detail: error.message, cause: error });
  }
}

/** Reads fields such as `-created,name`, descending with a minus; undefined unless they are 1 to 4 different top-level ones. */
export function parseKeys(text: string): Sort | undefined {
  const keys = text.split(',').map((field) => [field.replace(/^-/, ''), field.startsWith('-') ? -1 : 1] as const);
  const names = keys.map(([field]) => field);
  return names.every(isField) && new Set(names).size === names.length && names.length <= 4 ? keys : undefined;
}

/** `byId` if `text` is undefined. Throws a 422 `Problem` if it is not a list of fields. */
export function parseSort(text: string | undefined): Sort {
  if (text === undefined) return byId;
  const sort = parseKeys(text);
  if (sort === undefined) {
    throw badQuery(`The parameter sort is '${text}'. Give 1 to 4 different top-level fields, such as -created,name.`);
  }
  const end = sort.findIndex(([field]) => field === '_id');
  return end === -1 ? [...sort, ['_id', sort.at(-1)?.[1] ?? 1]] : sort.slice(0, end + 1);
}

function parseFields(text: string | undefined): Query['fields'] {
  const fields = text?.split(',');
  if (fields === undefined || fields.every(isField)) return fields;
  throw badQuery(`The parameter fields is '${text}'. Give top-level fields, such as name,value.`);
}

function parseTotal(text: string | undefined): boolean {
  if (text === undefined || text === 'true') return text !== undefined;
  throw badQuery(`The parameter total is '${text}'. Give total=true.`);
}

/** Reads `after`, which is in `linkToNext` of a page of the same sort. */
export function parsePageToken(token: string | undefined, sort: Sort): Position | undefined {
  if (token === undefined) return undefined;
  try {
    const values = fieldsOf(Buffer.from(token, 'base64url')).get('values');
    if (Array.isArray(values) && values.length === sort.length && pageToken(values) === token) return values;
  } catch {} // not what a token is
  throw new Problem(422, 'bad-page', {
    detail: 'The value of after is not from a Link header of this query. Request the first page again, without it.',
  });
}

/**
 * The `Link` to the page that begins after `position`, of the same query as `path` with `querystring`. Throws a 422 `Problem` if it
 * is too large.
 */
export function linkToNext(path: string, querystring: string, position: Position): string {
  const next = new URLSearchParams(querystring);
  next.set('after', pageToken(position));
  const link = `<${path}?${next}>; rel="next"`;
  if (link.length <= linkBytes) return link;
  throw badQuery(
    `The link to the next page would have more than ${linkBytes} bytes: in it are the values of the sort's fields that the page ends at, and the filter. Sort by other fields, change limit, or shorten the filter.`,
  );
}

function pageToken(position: Position): string {
  return Buffer.from(BSON.serialize({ values: position })).toString('base64url');
}

/** The types and bytes of the sort's fields in the document at `start`. */
export function* sortElements(bson: Buffer, start: number, sort: Sort) {
  for (const [type, nameAt, nameLength, valueAt, length] of BSON.onDemand.parseToElements(bson, start)) {
    const name = bson.toString('utf8', nameAt, nameAt + nameLength);
    if (sort.some(([field]) => field === name)) yield { type, bytes: bson.subarray(nameAt - 1, valueAt + length) };
  }
}

/** The position of the document at `start`. Throws a 422 `Problem` if it could not be found again, as a text in it is not UTF-8. */
export function positionAt(bson: Buffer, start: number, sort: Sort): Position {
  const own = toBson(Array.from(sortElements(bson, start, sort), ({ bytes }) => bytes));
  const fields = fieldsOf(own);
  // A field that it does not have sorts as null.
  if (own.equals(BSON.serialize(fields))) return sort.map(([field]) => fields.get(field) ?? null);
  throw badQuery(
    `No page can begin after a document whose ${sort.map(([field]) => field).join(' or ')} has names, texts or nesting that only other programs keep. Sort by other fields, or filter.`,
  );
}

/**
 * Matches the documents after `position`, all if it is undefined. `$expr` compares values of all types in sort order. Documents with an
 * array in one of the sort's fields match as well, and are refused: MongoDB sorts an array by one of its items.
 */
export function after(position: Position | undefined, sort: Sort): Document {
  if (position === undefined) return {};
  const pairs = sort.map(([field, direction], index) => {
    const pair = [{ $ifNull: [`$${field}`, null] }, { $literal: position[index] }];
    return direction === 1 ? pair : pair.reverse(); // where the sort descends, field and value change sides
  });
  const exact = { $gt: [0, 1].map((side) => pairs.map((pair) => pair[side])) };
  // Arrays are compared item by item, without an index. Only the comparison of the first field can use one.
  const [[field, direction] = ['_id', 1 as const]] = sort;
  const [value] = position;
  if (field === '_id') {
    const operator = direction === 1 ? '$gte' : '$lte';
    return { $expr: { $and: [{ [operator]: ['$_id', { $literal: value }] }, exact] } };
  }
  const arrays = sort.map(([field]) => ({ $isArray: [`$${field}`] }));
  return { [field]: notBefore(value, direction), $expr: { $or: [exact, ...arrays] } };
}

/**
 * Matches values that do not sort before `value`, and some of other types that do, which `$expr` excludes. Of an array it compares the
 * items, as the sort does.
 */
function notBefore(value: unknown, direction: 1 | -1): Document {
  const incomparable = [BSON.BSONRegExp, BSON.MinKey, BSON.MaxKey].some((type) => value instanceof type);
  const comparable = incomparable ? null : value;
  if (direction === 1) return { $not: { $lt: comparable }, ...(comparable !== null && { $ne: null }) };
  return value === null ? { $in: [null, [], new BSON.MinKey()] } : { $not: { $gt: comparable } };
}

/** `_bsontype` is never stored, and the driver mistakes objects with it for its own classes. */
function isField(name: string): boolean {
  return name !== '' && name !== '_bsontype' && !/^\$|[.\0]/.test(name);
}

function badFilter(what: string): Problem {
  return new Problem(422, 'bad-filter', { detail: `The filter ${what}. Send one such as {"name":"test"}.` });
}
