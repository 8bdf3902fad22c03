import type { Collection, Db } from 'mongodb';
import type { StoredDocument } from './identifier';

/** The collection that `/data` is. */
export function documents(db: Db): Collection<StoredDocument> {
  return db.collection<StoredDocument>('data');
}
