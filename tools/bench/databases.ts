import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Collection, type Document, MongoClient } from 'mongodb';
import { startDatabase } from '../database/databaseProcess';
import { workFolder } from './setup';

/** Document number `index` of every scenario: about 200 bytes of JSON, of the types that JSON has. */
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

/** Writes `count` documents to a file of NDJSON. Resolves to its path. */
export async function writeDocuments(count: number): Promise<string> {
  const path = join(workFolder, 'documents.ndjson');
  const file = createWriteStream(path);
  for (let index = 0; index < count; index += 1) file.write(`${JSON.stringify(makeDocument(index))}\n`);
  file.end();
  await once(file, 'close');
  return path;
}

/** The databases of one run. Each scenario has its own, named `bench_…`, with a collection `data`. */
export class Databases {
  readonly #client: MongoClient;

  private constructor(
    readonly uri: string,
    /** What the server is, for the reports. */
    readonly title: string,
    private readonly end: () => Promise<void>,
  ) {
    this.#client = new MongoClient(uri);
  }

  /** Starts an empty server, or uses the one at `uri`. */
  static async start(uri: string | undefined, log: (message: string) => void): Promise<Databases> {
    if (uri !== undefined) return new Databases(uri, 'one that was running', async () => {});
    const folder = join(workFolder, 'data');
    const clean = (): Promise<void> => rm(folder, { recursive: true, force: true });
    await clean();
    const database = await startDatabase(folder, log);
    return new Databases(database.uri, `MongoDB ${database.mongod.version}`, () => database.stop().then(clean));
  }

  /** Connection string of the database `name`. */
  uriOf(name: string): string {
    const uri = new URL(this.uri);
    uri.pathname = `/bench_${name}`;
    return uri.href;
  }

  #collection(name: string): Collection {
    return this.#client.db(`bench_${name}`).collection('data');
  }

  /** Drops the database `name`. */
  async empty(name: string): Promise<void> {
    await this.#client.db(`bench_${name}`).dropDatabase();
  }

  /** Replaces the content of the database `name` by `count` documents. Does nothing if it has as many already. */
  async fill(name: string, count: number, make = makeDocument): Promise<void> {
    if ((await this.count(name)) === count) return;
    await this.empty(name);
    for (let at = 0; at < count; at += 5000) {
      const length = Math.min(5000, count - at);
      await this.#collection(name).insertMany(Array.from({ length }, (_none, index) => make(at + index)));
    }
  }

  /** Documents of the database `name`. */
  count(name: string): Promise<number> {
    return this.#collection(name).estimatedDocumentCount();
  }

  async stop(): Promise<void> {
    await this.#client.close();
    await this.end();
  }
}
