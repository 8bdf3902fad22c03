import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BSON } from 'mongodb';
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

/** Inserts a document as other programs can: each U+FFFD becomes bytes that are not UTF-8. A `Map` keeps the order of its names. */
export async function insertForeign(uri: string, document: object): Promise<void> {
  const { hostname, port, pathname } = new URL(uri);
  const command = Buffer.from(BSON.serialize({ insert: 'data', documents: [document], $db: pathname.slice(1) }));
  for (let at = command.indexOf('\ufffd'); at !== -1; at = command.indexOf('\ufffd')) command.fill(0xff, at, at + 3);
  const header = Buffer.alloc(21); // OP_MSG without flags, and one section of kind 0
  header.writeInt32LE(header.length + command.length);
  header.writeInt32LE(2013, 12);
  const socket = connect(Number(port), hostname);
  socket.write(Buffer.concat([header, command]));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  assert.equal(BSON.deserialize(answer.subarray(21)).n, 1);
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
