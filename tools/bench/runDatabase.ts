import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { startDatabase } from '../database/databaseProcess';
import { workFolder } from './paths';

/** The database that all contestants share. */
export interface RunningDatabase {
  readonly uri: string;
  /** What it is, as the reports say it. */
  readonly title: string;
  stop(): Promise<void>;
}

/** Starts an empty database, or takes the one at `uri`, where the bench makes databases named `bench_…`. */
export async function runDatabase(uri: string | undefined, tell: (message: string) => void): Promise<RunningDatabase> {
  if (uri !== undefined) return { uri, title: 'one that ran already', stop: async () => {} };
  const folder = join(workFolder, 'data');
  rmSync(folder, { recursive: true, force: true });
  const started = await startDatabase(folder, tell);
  return {
    uri: started.uri,
    title: `MongoDB ${started.mongod.version}`,
    stop: async () => {
      await started.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
