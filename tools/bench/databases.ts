import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Document, MongoClient } from 'mongodb';
import { startDatabase } from '../database/databaseProcess';
import { concurrency } from './scenario';
import { workFolder } from './setup';

/** Document number `index` of every scenario: about 200 bytes with all types of JSON. */
export function makeDocument(index: number): Document {
  return {
    name: `sensor-${index % 1000}`,
    sequence: index,
    value: ((index * 7919) % 100_003) / 100,
    active: index % 3 === 0,
    unit: null,
    tags: ['bench', `group-${index % 16}`],
    place: { building: 'north', floor: index % 40, note: 'second door on the left, behind the façade' },
  };
}

/** Writes `count` documents as NDJSON. Resolves to the path of the file. */
export async function writeDocuments(count: number): Promise<string> {
  const path = join(workFolder, 'documents.ndjson');
  const lines = Array.from({ length: count }, (_, index) => `${JSON.stringify(makeDocument(index))}\n`);
  await writeFile(path, lines.join(''));
  return path;
}

/** The databases of a run. Each scenario has its own, `bench_NAME`, with a collection `data`. */
export type Databases = Awaited<ReturnType<typeof startDatabases>>;

/** Starts an empty server. */
export async function startDatabases(log: (message: string) => void) {
  const folder = join(workFolder, 'data');
  const clean = (): Promise<void> => rm(folder, { recursive: true, force: true });
  await clean();
  const server = await startDatabase(folder, log);
  const client = new MongoClient(server.uri);
  const database = (name: string) => client.db(`bench_${name}`);
  const count = (name: string): Promise<number> => database(name).collection('data').estimatedDocumentCount();

  return {
    /** The server, for the reports. */
    title: `MongoDB ${server.mongod.version}`,
    count,
    /** With the pool size and the write concern of the service. */
    uriOf: (name: string): string =>
      new URL(`/bench_${name}?maxPoolSize=${concurrency}&w=majority&journal=true`, server.uri).href,
    empty: (name: string): Promise<unknown> => database(name).dropDatabase(),
    /** Replaces the content of a database with `size` documents, unless it has that many already. */
    async fill(name: string, size: number, make = makeDocument): Promise<void> {
      if ((await count(name)) === size) return;
      await database(name).dropDatabase();
      for (let at = 0; at < size; at += 5000) {
        const documents = Array.from({ length: Math.min(5000, size - at) }, (_, index) => make(at + index));
        await database(name).collection('data').insertMany(documents);
      }
    },
    async stop(): Promise<void> {
      await client.close();
      await server.stop();
      await clean();
    },
  };
}
