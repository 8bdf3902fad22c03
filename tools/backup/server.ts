import { join } from 'node:path';
import { root, say } from '../cli/shared/cli';
import { readConfiguration } from '../cli/shared/plan';
import type { Streams } from '../cli/shared/process';
import { mebibytes } from '../cli/shared/progress';
import { pulumi, readOutputs } from '../cli/shared/pulumi';
import { ClusterServer } from './clusterServer';
import { UriServer } from './uriServer';

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

/** Such as `1,000 documents (12.3 MiB)`. */
export function describeSize({ documents, bytes }: Pick<DatabaseDescription, 'documents' | 'bytes'>): string {
  return `${documents.toLocaleString('en')} documents (${mebibytes(bytes)})`;
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
