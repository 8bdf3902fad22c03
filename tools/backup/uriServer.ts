import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Db, MongoClient } from 'mongodb';
import which from 'which';
import { type Streams, stream } from '../cli/shared/process';
import type { DatabaseDescription, MongoServer, Tool } from './server';

/** MongoDB at a connection string with a database. MongoDB's programs run on this machine. */
export class UriServer implements MongoServer {
  readonly database: string;

  constructor(private readonly uri: string) {
    this.database = new MongoClient(uri).options.dbName;
  }

  describe(): Promise<DatabaseDescription> {
    return this.#connect(async (db) => {
      const [{ version }, { objects, dataSize }] = await Promise.all([db.admin().serverInfo(), db.stats()]);
      return { version: String(version), documents: Number(objects), bytes: Number(dataSize), oplog: false };
    });
  }

  async drop(): Promise<void> {
    // Each collection: dropDatabase needs more than the role readWrite.
    await this.#connect(async (db) => {
      const collections = await db.listCollections({}, { nameOnly: true }).toArray();
      for (const { name } of collections) if (!name.startsWith('system.')) await db.dropCollection(name);
    });
  }

  async run(tool: Tool, args: readonly string[], streams: Streams): Promise<string> {
    if (!(await which(tool, { nothrow: true }))) {
      throw new Error(
        `There is no ${tool} on PATH. Install the MongoDB Database Tools: https://www.mongodb.com/try/download/database-tools`,
      );
    }
    const folder = await mkdtemp(join(tmpdir(), 'mongo-')); // for this user alone
    try {
      const config = join(folder, 'config.yaml');
      await writeFile(config, `uri: ${JSON.stringify(withoutDatabase(this.uri))}\n`, { mode: 0o600 });
      return await stream(tool, [`--config=${config}`, ...args], streams);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  async #connect<T>(use: (db: Db) => Promise<T>): Promise<T> {
    // Connected first: commands that start at the same time would hide why it can't be reached.
    const client = await MongoClient.connect(this.uri, { serverSelectionTimeoutMS: 10_000 });
    try {
      return await use(client.db());
    } finally {
      await client.close();
    }
  }
}

/**
 * The connection string without the database, which mongorestore would use as a filter. The database is also the default of
 * `authSource`.
 */
export function withoutDatabase(uri: string): string {
  const [, server = uri, database = '', options = ''] = /^(.+?:\/\/[^/]+)\/([^?]*)\??(.*)$/.exec(uri) ?? [];
  const named = /(^|&)authSource=/i.test(options) || !/^mongodb:\/\/[^/]*@/.test(uri);
  const query = [...(named ? [] : [`authSource=${database}`]), options].filter((part) => part !== '').join('&');
  return `${server}/${query && `?${query}`}`;
}
