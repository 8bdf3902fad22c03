import { join, resolve } from 'node:path';
import { chooseServer } from './chooseServer';
import { DatabaseProcess } from './databaseProcess';
import { freePort } from './freePort';

/** Where database programs and data are kept, out of git. */
export const localFolder = resolve(__dirname, '../../.local');

export interface StartDatabaseOptions {
  /** Folder of the data, made if it is not there. Each kind of server has a folder of its own in it. */
  readonly folder: string;
  /** Told what takes long. Default: nobody. */
  readonly tell?: (message: string) => void;
}

/** Starts a real database for tests and for trying out: MongoDB where it can be had, otherwise SecantusDB. */
export async function startDatabase({ folder, tell = () => {} }: StartDatabaseOptions): Promise<DatabaseProcess> {
  const server = await chooseServer(localFolder, tell);
  const database = new DatabaseProcess(server, join(folder, server.kind), await freePort());
  await database.start();
  return database;
}
