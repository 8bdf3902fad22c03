import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { DatabaseProcess } from '../../../tools/database/databaseProcess';
import { freePort } from '../../../tools/database/freePort';
import { startDatabase } from '../../../tools/database/startDatabase';

describe('startDatabase()', function () {
  this.timeout(600_000); // the first start on a machine may download a database
  let folder: string;
  let database: DatabaseProcess;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'web-'));
    database = await startDatabase({ folder });
  });
  after(async () => {
    await database.stop();
    await rm(folder, { recursive: true });
  });

  async function count(): Promise<number> {
    const client = new MongoClient(database.uri);
    try {
      return await client.db().collection('kept').countDocuments();
    } finally {
      await client.close();
    }
  }

  it('keeps acknowledged writes through a kill and a start', async () => {
    const client = new MongoClient(database.uri);
    await client
      .db()
      .collection('kept')
      .insertMany([{}, {}, {}], { writeConcern: { w: 'majority', journal: true } });
    await client.close();
    await database.kill();
    await database.start();
    assert.equal(await count(), 3);
  });

  it('says which program it is', () => {
    assert.match(database.server.title, /^(MongoDB|SecantusDB, a stand-in for MongoDB) \(.+\)$/);
  });
});

describe('DatabaseProcess.start()', () => {
  it('rejects with the last words of a program that ends', async () => {
    const port = await freePort();
    const server = {
      title: 'a broken one',
      kind: 'mongod',
      command: process.execPath,
      arguments: () => ['-e', 'console.error("no disk"); process.exit(3)'],
    } as const;
    const folder = await mkdtemp(join(tmpdir(), 'web-'));
    await assert.rejects(new DatabaseProcess(server, folder, port).start(), /a broken one.*no disk/s);
    await rm(folder, { recursive: true });
  });

  it('rejects, telling the program, when there is none', async () => {
    const server = { title: 'none', kind: 'mongod', command: '/nonexistent/mongod', arguments: () => [] } as const;
    await assert.rejects(new DatabaseProcess(server, tmpdir(), await freePort()).start(), /\/nonexistent\/mongod/);
  });
});
