import { MongoNetworkError, type Db, type Document } from 'mongodb';

/** Documents that the database sends at a time: a stream of many takes 55 to 58 MiB with 500, with 1000 63 and is a tenth faster. */
const batchSize = 500;

/** Of these in the first batch, as the driver's own cursors have it: a client waits for its first byte until it is there. */
const firstBatchSize = 101;

/** What a cursor's command answers, with `fieldsAsRaw`. */
interface Answer {
  readonly cursor: { readonly id: bigint; readonly firstBatch?: readonly Buffer[]; readonly nextBatch?: readonly Buffer[] };
}

/**
 * Batches of the documents, as BSON, that the command `find` asks for. Its end, by `return` too, frees what the database
 * keeps for it. The driver's own cursor (7.9) lists the elements of each document even with `raw`: more than half of all
 * that streaming allocated.
 */
export async function* rawBatches(db: Db, find: Document & { readonly find: string }): AsyncGenerator<readonly Buffer[], void> {
  const session = db.client.startSession();
  const ask = async (command: Document): Promise<Answer> => (
    await db.command(command, { session, useBigInt64: true, fieldsAsRaw: { firstBatch: true, nextBatch: true } }) as Answer
  );
  let id = 0n;
  try {
    const first = { ...find, batchSize: firstBatchSize };
    let { cursor } = await ask(first).catch((error: unknown) => {
      if (error instanceof MongoNetworkError) return ask(first); // the driver's own reads too are tried twice
      throw error;
    });
    for (id = cursor.id; ; id = cursor.id) {
      yield cursor.firstBatch ?? cursor.nextBatch ?? [];
      if (id === 0n) return;
      ({ cursor } = await ask({ getMore: id, collection: find.find, batchSize }));
    }
  } finally {
    if (id !== 0n) await ask({ killCursors: find.find, cursors: [id] }).catch(() => {});
    await session.endSession();
  }
}
