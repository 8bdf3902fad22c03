import { type Db, type Document, MongoNetworkError } from 'mongodb';
import { type Batch, readBatch } from './batch';

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
