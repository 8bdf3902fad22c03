import { setTimeout } from 'node:timers/promises';
import { MongoClient } from 'mongodb';

// A worker: every ten seconds it counts the documents, and stores the count. The stack requires only that it ends at SIGTERM.
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

async function count(): Promise<void> {
  // A new client each time: after a failed first connection, such as before the database has started, a client stays closed.
  const client = await MongoClient.connect(process.env.MONGODB_URI ?? '', { serverSelectionTimeoutMS: 5000 });
  try {
    const documents = await client.db().collection('data').estimatedDocumentCount();
    await client.db().collection('counts').insertOne({ documents, time: new Date() });
    console.log(JSON.stringify({ msg: 'counted', documents }));
  } finally {
    await client.close();
  }
}

async function work(): Promise<void> {
  while (!stop.signal.aborted) {
    // A restart of the worker would not bring an unavailable database back.
    await count().catch((error: unknown) => console.error(JSON.stringify({ msg: String(error) })));
    await setTimeout(10_000, undefined, { signal: stop.signal }).catch(() => undefined);
  }
}

void work();
