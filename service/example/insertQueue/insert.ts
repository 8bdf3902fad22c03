import { isDeepStrictEqual } from 'node:util';
import { BSON, type Db, MongoBulkWriteError } from 'mongodb';
import { Problem } from '../../platform/problem';
import { documents, type Identifier, type StoredDocument } from '../identifier';

const duplicateKey = 11000;

/**
 * Stores `items` by one command, each by itself. Resolves to the failures by index, none when all were stored; rejects
 * when it can't be told which were. The documents are on the majority's disks when it resolves.
 */
export async function insert(db: Db, items: readonly StoredDocument[]): Promise<Map<number, Problem>> {
  const failures = new Map<number, Problem>();
  if (items.length === 0) return failures;
  try {
    await documents(db).insertMany(items, { ordered: false });
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

/** True for the failure of an id that is there already. */
export function isDuplicate(problem: Problem): boolean {
  return problem.kind === 'duplicate-id';
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
