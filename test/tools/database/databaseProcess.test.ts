import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { type Collection, MongoClient } from 'mongodb';
import { DatabaseProcess, startDatabase } from '../../../tools/database/databaseProcess';

describe('DatabaseProcess', function () {
  this.timeout(600_000); // the first start on a machine may download a database
  let folder: string;
  let database: DatabaseProcess;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'web-'));
    database = await startDatabase(folder, () => {});
  });
  after(async () => {
    await database.stop();
    await rm(folder, { recursive: true });
  });

  async function withCollection<T>(uri: string, use: (kept: Collection) => Promise<T>): Promise<T> {
    const client = new MongoClient(uri, { writeConcern: { w: 'majority', journal: true } });
    try {
      return await use(client.db('app').collection('kept'));
    } finally {
      await client.close();
    }
  }
  const count = ({ uri }: { readonly uri: string }): Promise<number> =>
    withCollection(uri, (kept) => kept.countDocuments());

  it('keeps acknowledged writes through a kill and a start', async () => {
    await withCollection(database.uri, (kept) => kept.insertMany([{}, {}, {}]));
    await database.stop('SIGKILL');
    await database.start();
    assert.equal(await count(database), 3);
  });

  it('has change streams', async () => {
    await withCollection(database.uri, async (kept) => {
      const changes = kept.watch([], { maxAwaitTimeMS: 100 });
      assert.equal(await changes.tryNext(), null); // it is open
      await kept.insertOne({ seen: true });
      const change = await changes.next();
      await changes.close();
      assert.equal(change.operationType, 'insert');
    });
  });

  it('finds its data on another port, also through the set that clients discover', async () => {
    const before = await count(database);
    await database.stop();
    database = new DatabaseProcess(database.mongod, database.folder, await getPort());
    await database.start();
    assert.equal(await count({ uri: `${database.uri}?replicaSet=rs0` }), before);
  });

  it('takes over the data of a standalone mongod', async () => {
    const [data, port] = [join(folder, 'standalone'), await getPort()];
    await mkdir(data);
    const child = spawn(database.mongod.path, ['--dbpath', data, '--port', String(port), '--bind_ip', '127.0.0.1'], {
      stdio: 'ignore',
    });
    await withCollection(`mongodb://127.0.0.1:${port}`, (kept) => kept.insertOne({}));
    child.kill();
    await once(child, 'exit');
    const later = new DatabaseProcess(database.mongod, data, await getPort());
    await later.start();
    assert.equal(await count(later), 1);
    await later.stop();
  });

  it('names its version', () => {
    assert.match(database.title, /^MongoDB \d+\.\d+\.\d+ \(.+\)$/);
  });
});

describe('DatabaseProcess.start()', () => {
  it('rejects with the last output of a program that ends', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'web-'));
    const node = { path: process.execPath, version: '1' }; // which refuses mongod's options
    await assert.rejects(
      new DatabaseProcess(node, folder, await getPort()).start(),
      /did not start: MongoDB 1.*bad option: --dbpath/s,
    );
    await rm(folder, { recursive: true });
  });

  it('rejects with the path of a program that does not exist', async () => {
    const none = { path: '/nonexistent/mongod', version: '1' };
    await assert.rejects(new DatabaseProcess(none, tmpdir(), await getPort()).start(), /ENOENT/);
  });
});
