import { isDeepStrictEqual } from 'node:util';
import { BSON, type Db } from 'mongodb';
import type { Problem } from '../http/problem';
import { documents } from './documents';
import type { Identifier, StoredDocument } from './identifier';
import { insert, isDuplicate } from './insert';

/**
 * Stores `items` as `insert` does, under the ids that their first attempt was given: one that an earlier attempt has
 * stored is no failure.
 */
export async function insertOnce(
  db: Db,
  items: readonly StoredDocument[],
  ids: readonly Identifier[],
): Promise<Map<number, Problem>> {
  const same = items.map((item, index) => ({ ...item, _id: ids[index] ?? item._id }));
  const failures = await insert(db, same);
  for (const [index, problem] of failures) {
    if (isDuplicate(problem) && (await isStored(db, same[index] as StoredDocument))) failures.delete(index);
  }
  return failures;
}

async function isStored(db: Db, item: StoredDocument): Promise<boolean> {
  const stored = await documents(db).findOne({ _id: item._id });
  return stored !== null && isDeepStrictEqual(stored, BSON.deserialize(BSON.serialize(item)));
}
