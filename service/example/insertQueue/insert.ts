import { isDeepStrictEqual } from 'node:util';
import { BSON, MongoBulkWriteError } from 'mongodb';
import type { BoundedDb } from '../../platform/database';
import { Problem } from '../../platform/problem';
import { documents, type Identifier, type StoredDocument } from '../identifier';

/** MongoDB's code for an `_id` that is there already. */
export const duplicateKey = 11000;

/**
 * Stores `items` by one command, each by itself. Resolves to the failures by index, none when all were stored; rejects
 * when it can't be told which were. The documents are on the majority's disks when it resolves.
 */
export async function insert(db: BoundedDb, items: readonly StoredDocument[]): Promise<Map<number, Problem>> {
  const failures = new Map<number, Problem>();
  if (items.length === 0) return failures;
  try {
    await documents(db).insertMany(items, { ...db.bounds, ordered: false });
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error;
    const errors = [error.writeErrors].flat();
    // Without an answer for each document it only wraps what failed all of them, such as a lost connection.
    if (errors.length === 0) throw error.errorResponse instanceof Error ? error.errorResponse : error;
    if (error.result.getWriteConcernError() !== undefined) throw error;
    for (const { index, code, errmsg } of errors)
      failures.set(index, refusal(items[index] as StoredDocument, code, errmsg));
  }
  return failures;
}

function refusal({ _id }: StoredDocument, code: number, message: string | undefined): Problem {
  if (code === duplicateKey) {
    return new Problem(409, 'duplicate-id', {
      detail: `A document with the _id '${_id}' is there already. DELETE it first, or send another _id, or none.`,
    });
  }
  return new Problem(422, 'refused-document', {
    detail: `MongoDB refused the document '${_id}': ${message}. Change it.`,
  });
}

/** What an earlier attempt of the same request may have left. */
export interface Attempt {
  readonly ids: readonly Identifier[];
  /** Ids of documents that other requests had stored before the first attempt. */
  readonly taken: readonly Identifier[];
}

/**
 * Stores `items` as `insert` does, under the ids that their first attempt was given: one that an earlier attempt has
 * stored is no failure.
 */
export async function insertOnce(
  db: BoundedDb,
  items: readonly StoredDocument[],
  { ids, taken }: Attempt,
): Promise<Map<number, Problem>> {
  const same = items.map((item, index) => ({ ...item, _id: ids[index] ?? item._id }));
  const names = ids.map(String);
  const theirs = new Set(taken.map(String));
  const failures = await insert(db, same);
  for (const [index, { kind }] of failures) {
    const name = names[index] as string;
    const isFirst = names.indexOf(name) === index; // an item with the same id before it is no earlier attempt
    if (kind !== 'duplicate-id' || !isFirst || theirs.has(name)) continue;
    if (await isStored(db, same[index] as StoredDocument)) failures.delete(index);
  }
  return failures;
}

async function isStored(db: BoundedDb, item: StoredDocument): Promise<boolean> {
  const stored = await documents(db).findOne({ _id: item._id }, db.bounds);
  return stored !== null && isDeepStrictEqual(stored, BSON.deserialize(BSON.serialize(item)));
}
