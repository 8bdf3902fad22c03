import { BSON, type Document, type Filter } from 'mongodb';
import type { BoundedDb } from '../platform/database';
import { badQuery, text } from '../platform/endpoint';
import { Problem } from '../platform/problem';
import { documents, parseIdentifier, type StoredDocument } from './document';
import { parseJson } from './parseJson';

/** Fields to sort by, each 1 (ascending) or -1; the last one is `_id`, so that the order is total. */
export type Sort = readonly (readonly [field: string, direction: 1 | -1])[];

/** Most bytes of the values that a page ends at: they are in a link, and a request has at most 16 KiB of headers. */
const positionBytes = 4096;

const some = { minLength: 1 };
const plain = { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean', 'null'] } };

/** The order of the ids. This very array also means that no sort was given. */
export const byId: Sort = [['_id', 1]];

/** Where a document stands in a sort: its values of the sort's fields. */
export type Position = readonly unknown[];

/** Which documents are read, in which order, and what of them. */
export interface Query {
  readonly filter: Filter<StoredDocument>;
  readonly sort: Sort;
  /** Empty for all. */
  readonly projection: Readonly<Record<string, 1>>;
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
  sort: text('query', 'Up to four fields, with - for descending, such as -created,name. Needs limit.', parseSort, some),
  fields: text('query', 'Fields to return, such as name,value. The _id is always returned.', parseFields, some),
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
    // `$eq` makes data of whatever it is given.
    return { [field]: { $eq: field === '_id' && typeof wanted === 'string' ? parseIdentifier(wanted) : wanted } };
  });
  return conditions.length === 0 ? {} : ({ $and: conditions } as Filter<StoredDocument>);
}

function parseFilterJson(text: string): unknown {
  try {
    return parseJson(text, 'The filter');
  } catch (error) {
    if (!(error instanceof Problem && error.kind === 'bad-document')) throw error;
    throw new Problem(error.status, 'bad-filter', { detail: error.message, cause: error });
  }
}

/** Reads fields such as `-created,name`, descending with a minus; undefined unless they are 1 to 4 different top-level ones. */
export function parseKeys(text: string): Sort | undefined {
  const keys = text.split(',').map((field) => [field.replace(/^-/, ''), field.startsWith('-') ? -1 : 1] as const);
  const names = keys.map(([field]) => field);
  return names.every(isField) && new Set(names).size === names.length && names.length <= 4 ? keys : undefined;
}

/** `byId` if `text` is undefined. Throws a 422 `Problem` if it is no list of fields. */
export function parseSort(text: string | undefined): Sort {
  if (text === undefined) return byId;
  const sort = parseKeys(text);
  if (sort === undefined) {
    throw badQuery(`The parameter sort is '${text}'. Give 1 to 4 different top-level fields, such as -created,name.`);
  }
  const end = sort.findIndex(([field]) => field === '_id');
  return end === -1 ? [...sort, ['_id', sort.at(-1)?.[1] ?? 1]] : sort.slice(0, end + 1);
}

function parseFields(text: string | undefined): Query['projection'] {
  if (text === undefined) return {};
  const fields = text.split(',');
  if (fields.every(isField)) return Object.fromEntries([['_id', 1], ...fields.map((field) => [field, 1])]);
  throw badQuery(`The parameter fields is '${text}'. Give top-level fields, such as name,value.`);
}

function parseTotal(text: string | undefined): boolean {
  if (text === undefined || text === 'true') return text !== undefined;
  throw badQuery(`The parameter total is '${text}'. Give total=true.`);
}

/** Reads `after`, which `pageToken` made for a page of the same sort. */
export function parsePageToken(token: string | undefined, sort: Sort): Position | undefined {
  if (token === undefined) return undefined;
  try {
    const { values } = BSON.EJSON.parse(Buffer.from(token, 'base64url').toString(), { relaxed: false }) as Document;
    if (Array.isArray(values) && values.length === sort.length && pageToken(values) === token) return values;
  } catch {} // no EJSON
  throw new Problem(422, 'bad-page', {
    detail: 'The value of after is not from a Link header of this query. Request the first page again, without it.',
  });
}

/** Names the page that begins after `position`. */
export function pageToken(position: Position): string {
  return Buffer.from(BSON.EJSON.stringify({ values: position }, { relaxed: false })).toString('base64url');
}

/** The position of a document. A field that it does not have sorts as null. */
export function positionOf(document: Document, sort: Sort): Position {
  return sort.map(([field]) => (Object.hasOwn(document, field) ? (document[field] ?? null) : null)); // not `constructor`
}

/** Matches the documents after `position`, or up to it and with it; all without one. */
export function bounded(sort: Sort, position: Position | undefined, side: 'after' | 'upTo'): Document {
  if (position === undefined) return {};
  // By `$expr`, which compares values of all types in the order of the sort. Where that descends, field and value change sides.
  const compare = (operator: string, fields: readonly unknown[]): Document => {
    const pairs = fields.map((field, index) => {
      const pair = [field, { $literal: position[index] }];
      return sort[index]?.[1] === 1 ? pair : pair.reverse();
    });
    return { [operator]: pairs.length === 1 ? pairs[0] : [0, 1].map((at) => pairs.map((pair) => pair[at])) };
  };
  const operator = side === 'after' ? '$gt' : '$lte';
  const [first, ...others] = sort.map(([field]) => `$${field}`);
  if (others.length === 0) return { $expr: compare(operator, [first]) };
  // Arrays are compared item by item, without an index: it is used for the plain first field only.
  const exact = compare(
    operator,
    [first, ...others].map((field) => ({ $ifNull: [field, null] })),
  );
  const isAboveNull = position[0] === null && (side === 'after') === (sort[0]?.[1] === 1); // a missing field is not
  return { $expr: isAboveNull ? exact : { $and: [compare(side === 'after' ? '$gte' : '$lte', [first]), exact] } };
}

/**
 * The position of the last document of a page of `limit`, or undefined if nothing follows the page. Throws a 422 `Problem` if it is
 * too large for a link.
 */
export async function endOfPage(db: BoundedDb, { filter, sort }: Query, after: Position | undefined, limit: number) {
  const key = Object.fromEntries(sort.map(([field]) => [field, `$${field}`]));
  const isSmall = { $lte: [{ $bsonSize: key }, positionBytes] };
  const found = await documents(db)
    .find({ $and: [filter, bounded(sort, after, 'after')] }, { ...db.bounds, raw: true })
    .project({ _id: 0, key: { $cond: [isSmall, key, null] } })
    .sort(Object.fromEntries(sort))
    .skip(limit - 1)
    .limit(2)
    .toArray();
  const [last, next] = found as unknown as Buffer[];
  if (last === undefined || next === undefined) return undefined;
  // Not by the driver: without the promotion of values even the code of an error is an object.
  const { key: position } = BSON.deserialize(last, { promoteValues: false }) as { readonly key: Document | null };
  if (position !== null) return positionOf(position, sort);
  const fields = sort.map(([field]) => field).join(', ');
  throw badQuery(
    `The page ends at a document with more than ${positionBytes} bytes in ${fields}. Sort by other fields, or change limit.`,
  );
}

/** No stored document has a field `_bsontype`, and the driver takes an object with one for a class of its own. */
function isField(name: string): boolean {
  return name !== '' && name !== '_bsontype' && !/^\$|[.\0]/.test(name);
}

function badFilter(what: string): Problem {
  return new Problem(422, 'bad-filter', { detail: `The filter ${what}. Send one such as {"name":"test"}.` });
}
