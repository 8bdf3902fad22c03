import { setTimeout } from 'node:timers/promises';
import { MongoClient } from 'mongodb';

// A worker: every ten seconds it counts the documents, and notes the count. The stack asks nothing of it but to end at SIGTERM.
const client = new MongoClient(process.env.MONGODB_URI ?? '', { serverSelectionTimeoutMS: 5000 });
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

async function count(): Promise<void> {
  const documents = await client.db().collection('data').estimatedDocumentCount();
  await client.db().collection('counts').insertOne({ documents, time: new Date() });
  console.log(JSON.stringify({ msg: 'counted', documents }));
}

async function work(): Promise<void> {
  while (!stop.signal.aborted) {
    // A database that is away will come back: there is nothing that a restart could do.
    await count().catch((error: unknown) => console.error(JSON.stringify({ msg: String(error) })));
    await setTimeout(10_000, undefined, { signal: stop.signal }).catch(() => undefined);
  }
  await client.close();
}

void work();
