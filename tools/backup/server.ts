import { join } from 'node:path';
import { type Db, MongoClient } from 'mongodb';
import which from 'which';
import { root, say } from '../cli/shared/cli';
import { readConfiguration } from '../cli/shared/configuration';
import { type Streams, stream, withPrivateFile } from '../cli/shared/process';
import { mebibytes } from '../cli/shared/progress';
import { pulumi, readOutputs } from '../cli/shared/pulumi';
import { ClusterServer } from './clusterServer';

export type Tool = 'mongodump' | 'mongorestore';

export interface DatabaseDescription {
  /** Version of MongoDB. */
  readonly version: string;
  readonly documents: number;
  /** Size of the documents without compression. */
  readonly bytes: number;
  /** Whether the oplog can be dumped and replayed, which needs a replica set and administrator rights. */
  readonly oplog: boolean;
}

/** Such as `1,000 documents`. */
export function describeCount(documents: number): string {
  return `${documents.toLocaleString('en')} document${documents === 1 ? '' : 's'}`;
}

/** Such as `1,000 documents (12.3 MiB)`. */
export function describeSize({ documents, bytes }: Pick<DatabaseDescription, 'documents' | 'bytes'>): string {
  return `${describeCount(documents)} (${mebibytes(bytes)})`;
}

/** A database to back up or restore. */
export interface MongoServer {
  /** Name of the database. */
  readonly database: string;
  describe(): Promise<DatabaseDescription>;
  /** Deletes all documents, but not the users. */
  drop(): Promise<void>;
  /**
   * Runs a program on the server. Returns its log.
   * @throws an Error with the log if it fails
   */
  run(tool: Tool, args: readonly string[], streams: Streams): Promise<string>;
}

/**
 * Calls `use` with the database of `stack`, in its cluster or at its `mongoUri`.
 * @param local starts the database of `npm start` instead
 */
export async function withServer<T>(
  stack: string,
  local: boolean,
  use: (server: MongoServer) => Promise<T>,
): Promise<T> {
  if (local) {
    const { localFolder, startDatabase } = await import('../database/databaseProcess.js');
    const process = await startDatabase(join(localFolder, 'data'), say);
    return use(new UriServer(process.uri)).finally(() => process.stop());
  }
  const outputs = await readOutputs(stack);
  const { database } = await readConfiguration(root, stack);
  if (database.kind === 'mongo') return use(new ClusterServer(outputs, stack));
  return use(new UriServer((await pulumi(['config', 'get', 'mongoUri', '--stack', stack])).trim()));
}

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
    const config = `uri: ${JSON.stringify(withoutDatabase(this.uri))}\n`;
    return withPrivateFile(config, (file) => stream(tool, [`--config=${file}`, ...args], streams));
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
