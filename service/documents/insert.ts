import { type Db, MongoBulkWriteError } from 'mongodb';
import { Problem } from '../http/problem';
import { documents } from './documents';
import type { StoredDocument } from './identifier';

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
