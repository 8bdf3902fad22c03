import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { workFolder } from './paths';

/** Document number `index` of every scenario: about 200 bytes of JSON, of the types that JSON has. */
export function makeDocument(index: number): object {
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

/** Writes `count` documents to a file of NDJSON; resolves to its path. */
export async function writeDocuments(count: number): Promise<string> {
  mkdirSync(workFolder, { recursive: true });
  const path = join(workFolder, 'documents.ndjson');
  const file = createWriteStream(path);
  for (let index = 0; index < count; index += 1) file.write(`${JSON.stringify(makeDocument(index))}\n`);
  file.end();
  await once(file, 'close');
  return path;
}

/** The databases of one run: each scenario has one of its own. */
export class Databases {
  readonly #client: MongoClient;

  constructor(readonly uri: string) {
    this.#client = new MongoClient(uri);
  }

  /** Connection string of the database `name`. */
  uriOf(name: string): string {
    const uri = new URL(this.uri);
    uri.pathname = `/bench_${name}`;
    return uri.href;
  }

  /** Drops the database `name`. */
  async empty(name: string): Promise<void> {
    await this.#client.db(`bench_${name}`).dropDatabase();
  }

  /** Makes the database `name` hold `count` documents, and nothing else. */
  async fill(name: string, count: number): Promise<void> {
    await this.empty(name);
    const documents = this.#client.db(`bench_${name}`).collection('data');
    for (let at = 0; at < count; at += 5000) {
      const length = Math.min(5000, count - at);
      await documents.insertMany(Array.from({ length }, (_none, index) => makeDocument(at + index)));
    }
  }

  /** The same, unless it holds as many already: a large one takes a minute. */
  async fillOnce(name: string, count: number): Promise<void> {
    if ((await this.count(name)) !== count) await this.fill(name, count);
  }

  /** Documents that the database `name` holds. */
  count(name: string): Promise<number> {
    return this.#client.db(`bench_${name}`).collection('data').estimatedDocumentCount();
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}
