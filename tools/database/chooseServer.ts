import { join } from 'node:path';
import type { DatabaseServer } from './databaseServer';
import { downloadMongod, findMongod } from './mongod';
import { findSecantus, installSecantus } from './secantus';

/**
 * The best database program that this machine has, or can get: what is there already comes before what must be fetched,
 * so that a second start finds the data of the first. `folder` is where it is installed; `tell` hears what is done.
 */
export async function chooseServer(folder: string, tell: (message: string) => void): Promise<DatabaseServer> {
  const mongodFolder = join(folder, 'mongod');
  const secantusFolder = join(folder, 'secantusdb');
  const found = (await findMongod(mongodFolder)) ?? (await findSecantus(secantusFolder));
  if (found !== undefined) return found;

  tell('No mongod is on PATH; asking for one at fastdl.mongodb.org …');
  const noMongod = await downloadMongod(mongodFolder).catch(reason);
  if (typeof noMongod !== 'string') return noMongod;

  tell(`None can be had there (${noMongod}); installing SecantusDB, a stand-in, by pip …`);
  const noSecantus = await installSecantus(secantusFolder).catch(reason);
  if (typeof noSecantus !== 'string') return noSecantus;

  throw new Error(
    'No database can be had. Put a mongod on PATH (https://www.mongodb.com/try/download/community).\n' +
      `- MongoDB by download: ${noMongod}\n- SecantusDB by pip: ${noSecantus}`,
  );
}

function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
