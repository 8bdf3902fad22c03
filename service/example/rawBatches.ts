import { BSON, type Db, type Document, MongoNetworkError } from 'mongodb';

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

/** Bytes of a batch, about: so many documents are asked for that, were they as long as those before, it would be this. */
const batchBytes = 524_288;

/** Documents in the first batch, as the driver's own cursors have it: a client waits for its first byte until these are there. */
const firstBatchSize = 101;

/**
 * Batches of the documents, as BSON, that the command `find` asks for. Its end, by `return` too, frees what the database
 * keeps for it. The driver's own cursor (7.9) lists the elements of each document even with `raw`: more than half of all
 * that streaming allocated.
 */
export async function* rawBatches(db: Db, find: Document & { readonly find: string }): AsyncGenerator<Batch, void> {
  const session = db.client.startSession();
  const ask = async (command: Document): Promise<Batch> =>
    readBatch((await db.command(command, { session, raw: true })).cursor as Buffer);
  let id = 0n;
  try {
    const first = { ...find, batchSize: firstBatchSize };
    let batch = await ask(first).catch((error: unknown) => {
      if (error instanceof MongoNetworkError) return ask(first); // the driver's own reads too are tried twice
      throw error;
    });
    for (id = batch.cursor; ; id = batch.cursor) {
      yield batch;
      if (id === 0n) return;
      const documentBytes = batch.bson.length / Math.max(1, batch.starts.length);
      batch = await ask({ getMore: id, collection: find.find, batchSize: Math.ceil(batchBytes / documentBytes) });
    }
  } finally {
    if (id !== 0n) await db.command({ killCursors: find.find, cursors: [id] }, { session }).catch(() => {});
    await session.endSession();
  }
}
