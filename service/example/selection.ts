import { type Db, type Filter, ObjectId } from 'mongodb';
import { Problem } from '../platform/problem';
import { documents, type Identifier, parseIdentifier, type StoredDocument } from './identifier';
import { parseJson } from './parseJson';

/** Reads `?filter`, a JSON object of top-level fields and the texts, numbers, booleans or null that they must be equal to. */
export function parseFilter(text: string | undefined): Filter<StoredDocument> {
  if (text === undefined) return {};
  const value = parseJson(text, 'The filter');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused('is not a JSON object');
  const conditions = Object.entries(value).map(([field, wanted]: [string, unknown]) => {
    // No stored document has a field `_bsontype`, and the driver takes an object with one for a class of its own.
    if (field === '' || field === '_bsontype' || /^\$|[.\0]/.test(field))
      throw refused(`has '${field}', which names no top-level field`);
    if (typeof wanted === 'object' && wanted !== null) throw refused(`compares '${field}' with an object or array`);
    // `$eq` makes data of whatever it is given.
    return { [field]: { $eq: field === '_id' && typeof wanted === 'string' ? parseIdentifier(wanted) : wanted } };
  });
  return conditions.length === 0 ? {} : ({ $and: conditions } as Filter<StoredDocument>);
}

function refused(what: string): Problem {
  return new Problem(422, 'bad-filter', { detail: `The filter ${what}. Send one such as {"name":"test"}.` });
}

const nullObjectId = ObjectId.createFromHexString('0'.repeat(24));

/** Reads `?after`, which `pageToken` made. */
export function parsePageToken(token: string): Identifier {
  const id = Buffer.from(token, 'base64url').toString();
  if (id === '' || pageToken(id) !== token) {
    throw new Problem(422, 'bad-page', {
      detail: 'The value of after is none that a Link header gave. Take the first page again, without it.',
    });
  }
  return parseIdentifier(id);
}

/** Names the page that begins after `id`. */
export function pageToken(id: Identifier): string {
  return Buffer.from(String(id)).toString('base64url');
}

/** Matches the ids after `id` in the order of the index, where every string is before every ObjectId. */
export function idAfter(id: Identifier): Filter<StoredDocument> {
  if (id instanceof ObjectId) return { _id: { $gt: id } };
  return { $or: [{ _id: { $gt: id } }, { _id: { $gte: nullObjectId } }] };
}

/** Last id of the page of `limit` that `filter` begins, or undefined if no other follows. Only ids are read. */
export async function lastIdOfPage(
  db: Db,
  filter: Filter<StoredDocument>,
  limit: number,
): Promise<Identifier | undefined> {
  const ids = documents(db)
    .find(filter, { projection: { _id: 1 } })
    .sort({ _id: 1 });
  const [last, next] = await ids
    .skip(limit - 1)
    .limit(2)
    .toArray();
  return next === undefined ? undefined : last?._id;
}
