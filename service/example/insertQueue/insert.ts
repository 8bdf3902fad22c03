import { MongoBulkWriteError } from 'mongodb';
import type { BoundedDb } from '../../platform/database';
import { Problem } from '../../platform/problem';
import { documents, type StoredDocument } from '../document';

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
    for (const { index, code, errmsg } of errors) failures.set(index, refusal(items[index]?._id, code, errmsg));
  }
  return failures;
}

function refusal(id: StoredDocument['_id'] | undefined, code: number, message: string | undefined): Problem {
  if (code === duplicateKey) {
    return new Problem(409, 'duplicate-id', {
      detail: `A document with the _id '${id}' is there already. DELETE it first, or send another _id, or none.`,
    });
  }
  return new Problem(422, 'refused-document', {
    detail: `MongoDB refused the document '${id}': ${message}. Change it.`,
  });
}
