import { type Db, type Filter, ObjectId } from 'mongodb';
import { Problem } from '../http/problem';
import { documents } from './documents';
import { type Identifier, parseIdentifier, type StoredDocument } from './identifier';

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
