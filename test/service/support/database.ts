import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatabaseProcess, startDatabase } from '../../../tools/database/databaseProcess';

/** Milliseconds for the first start on a machine, which may download a database. */
export const firstStartMs = 600_000;

/** A database process of its own for tests that harm it, with its data in a temporary folder. */
export async function startOwnDatabase(): Promise<DatabaseProcess & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'web-'));
  const database = await startDatabase(folder, (message) => process.stderr.write(`${message}\n`));
  return Object.assign(database, {
    [Symbol.asyncDispose]: async () => {
      database.signal('SIGCONT');
      await database.stop();
      await rm(folder, { recursive: true });
    },
  });
}

let shared: Promise<DatabaseProcess & AsyncDisposable> | undefined;

/** URI of a new, empty database in the process that all tests share. It is started by the first who asks. */
export async function emptyDatabase(): Promise<string> {
  shared ??= startOwnDatabase();
  const { port } = await shared;
  return `mongodb://127.0.0.1:${port}/test-${process.hrtime.bigint()}`;
}

// A hook of the whole run, since this file is imported outside of any suite.
after(async function () {
  this.timeout(30_000);
  await (await shared)?.[Symbol.asyncDispose]();
});
