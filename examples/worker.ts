import { setTimeout } from 'node:timers/promises';
import { MongoClient } from 'mongodb';

// A worker: every ten seconds it counts the documents, and notes the count. The stack asks nothing of it but to end at SIGTERM.
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

async function count(): Promise<void> {
  // A client each time: one whose first connection fails, because the database is not up yet, would stay closed.
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
    // A database that is away will come back: there is nothing that a restart could do.
    await count().catch((error: unknown) => console.error(JSON.stringify({ msg: String(error) })));
    await setTimeout(10_000, undefined, { signal: stop.signal }).catch(() => undefined);
  }
}

void work();
