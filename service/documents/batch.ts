import { BSON } from 'mongodb';

/** Documents as the database sent them, in one BSON. */
export interface Batch {
  readonly bson: Buffer;
  /** Where each document begins in it. */
  readonly starts: readonly number[];
  /** Of the database's cursor: 0 if these are the last. */
  readonly cursor: bigint;
}

/** Reads the field `cursor` of what `find` and `getMore` answer: `firstBatch` or `nextBatch`, `id`, and more. */
export function readBatch(bson: Buffer): Batch {
  const starts: number[] = [];
  let cursor = 0n;
  for (const [, nameAt, nameLength, valueAt] of BSON.onDemand.parseToElements(bson)) {
    const name = bson.toString('latin1', nameAt, nameAt + nameLength);
    if (name === 'id') cursor = bson.readBigInt64LE(valueAt);
    if (name === 'firstBatch' || name === 'nextBatch') findDocuments(bson, valueAt, starts);
  }
  return { bson, starts, cursor };
}

/** An array of documents is a document whose names are numbers. Making an object of each, even a `Buffer`, is what takes long. */
function findDocuments(bson: Buffer, array: number, starts: number[]): void {
  for (let at = array + 4; bson[at] !== 0; at += bson.readInt32LE(at)) {
    at = bson.indexOf(0, at) + 1;
    starts.push(at);
  }
}
