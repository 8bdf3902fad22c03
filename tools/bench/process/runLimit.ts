import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { benchFolder } from '../paths';
import { concurrency } from '../scale';

type Limit = 'insertOne' | 'insertGrouped' | 'insertMany' | 'read' | 'firstDocument';

/** Runs a program of `limits/`, the driver alone, on the database `mongoUri`. Resolves to the number that it prints. */
export async function runLimit(name: Limit, mongoUri: string, ...args: string[]): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(benchFolder, 'limits', `${name}.js`), ...args], {
    env: { ...process.env, NODE_ENV: 'production', MONGODB_URI: mongoUri, MAX_POOL_SIZE: String(concurrency) },
  });
  return Number(stdout);
}
