import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { BSON, type Collection, MongoClient } from 'mongodb';
import which from 'which';
import { backup, verifyBackup } from '../../../tools/backup/backup';
import { restore } from '../../../tools/backup/restore';
import { describeSize, type MongoServer, type Tool, UriServer, withoutDatabase } from '../../../tools/backup/server';
import { type Streams, stream } from '../../../tools/cli/shared/process';
import { type DatabaseProcess, startDatabase } from '../../../tools/database/databaseProcess';

/** With the oplog, as the administrator of a stack's cluster has it. */
class AdministratorServer extends UriServer {
  /** Done again and again while the database is dumped. */
  meanwhile = (): Promise<unknown> => Promise.resolve();

  override async describe() {
    return { ...(await super.describe()), oplog: true };
  }

  override async run(tool: Tool, args: readonly string[], streams: Streams): Promise<string> {
    let runs = true;
    const log = super.run(tool, args, streams).finally(() => {
      runs = false;
    });
    while (runs && tool === 'mongodump') await this.meanwhile();
    return log;
  }
}

describe('backup(server, file) and restore(server, file, yes)', function () {
  this.timeout(60_000);
  let process: DatabaseProcess;
  let client: MongoClient;
  let folder: string;
  let file: string;
  before(async function () {
    const tools = await Promise.all(['mongodump', 'mongorestore'].map((tool) => which(tool, { nothrow: true })));
    if (tools.includes(null)) this.skip(); // they come with no package of npm
    folder = await mkdtemp(join(tmpdir(), 'backup-'));
    process = await startDatabase(folder, () => undefined);
    client = new MongoClient(process.uri);
  });
  after(async () => {
    await client?.close();
    await process?.stop();
    if (folder) await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    file = join(folder, `${Date.now()}.archive.gz`);
    await client.db('app').dropDatabase();
    await client.db('other').dropDatabase();
  });

  const collection = (database: string, name = 'data'): Collection => client.db(database).collection(name);
  const server = (database = 'app'): UriServer => new UriServer(process.uri.replace(/app$/, database));
  const fill = async (count = 1000): Promise<void> => {
    await collection('app').insertMany(Array.from({ length: count }, (_, i) => ({ i, text: 'x'.repeat(100) })));
    await collection('app').createIndex({ i: 1 }, { unique: true });
    await collection('app', 'second').insertOne({ at: new Date(0) });
  };

  it('restore documents and indexes into another database, replacing its content', async () => {
    await fill();
    await collection('other').insertOne({ old: true });
    await collection('other', 'gone').insertOne({ old: true });
    await client.db('other').createCollection('view', { viewOn: 'gone', pipeline: [] });
    const manifest = await backup(server(), file);
    assert.deepEqual(manifest.collections, { data: 1000, second: 1 });
    assert.equal(manifest.bytes, (await stat(file)).size);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.deepEqual(JSON.parse(await readFile(`${file}.json`, 'utf8')), manifest);

    await restore(server('other'), file, true);
    const sorted = (database: string) => collection(database).find().sort({ _id: 1 }).toArray();
    assert.deepEqual(await sorted('other'), await sorted('app'));
    assert.deepEqual(await collection('other', 'second').findOne({}, { projection: { _id: 0 } }), { at: new Date(0) });
    const left = await client.db('other').listCollections().toArray();
    assert.deepEqual(
      left
        .map(({ name }) => name)
        .filter((name) => !name.startsWith('system.'))
        .sort(),
      ['data', 'second'],
    );
    assert.equal((await collection('other').indexInformation()).i_1 !== undefined, true);
  });

  it('require no role but readWrite', async () => {
    await fill(10);
    const port = await getPort();
    const args = [
      '--auth',
      '--dbpath',
      await mkdtemp(join(folder, 'auth-')),
      '--port',
      `${port}`,
      '--bind_ip',
      '127.0.0.1',
    ];
    const mongod = spawn(process.mongod.path, args, { stdio: 'ignore' });
    try {
      const create = async (uri: string, user: string, role: { role: string; db: string }): Promise<void> => {
        const client = await MongoClient.connect(uri); // waits until it has started
        await client.db('admin').command({ createUser: user, pwd: 'password', roles: [role] });
        await client.close();
      };
      await create(`mongodb://127.0.0.1:${port}`, 'root', { role: 'root', db: 'admin' });
      await create(`mongodb://root:password@127.0.0.1:${port}`, 'user', { role: 'readWrite', db: 'app' });
      const uri = `mongodb://user:password@127.0.0.1:${port}/app?authSource=admin`;
      await backup(server(), file);
      await restore(new UriServer(uri), file, false);
      await restore(new UriServer(uri), file, true);
      const copy = await backup(new UriServer(uri), `${file}.copy`);
      assert.deepEqual(copy.collections, { data: 10, second: 1 });
    } finally {
      mongod.kill('SIGKILL');
    }
  });

  it('include, with the oplog, writes during the backup, and no other database', async () => {
    await fill();
    await collection('other').insertOne({ secret: true });
    const it = new AdministratorServer(process.uri);
    let written = 0;
    it.meanwhile = () => collection('app').insertOne({ i: 1000 + written++ });
    const manifest = await backup(it, file);
    assert.deepEqual(Object.keys(manifest.collections).sort(), ['data', 'second']);
    assert.ok((manifest.changes ?? 0) > 0, 'nothing was written meanwhile');

    const all = await collection('app').countDocuments();
    await collection('app').deleteMany({});
    await restore(it, file, true);
    const restored = await collection('app').countDocuments();
    assert.ok(restored > 1000 && restored <= all, `${restored} of ${all}`);
    // Writes are in the backup up to one moment: none of them is missing in between.
    assert.equal(await collection('app').countDocuments({ i: { $lt: restored } }), restored);
    assert.equal(await collection('other').countDocuments(), 1);
  });

  it('do not replace documents without --yes if there is no terminal', async () => {
    await fill(3);
    await backup(server(), file);
    await assert.rejects(restore(server(), file, false), /has 4 documents .*no terminal.*Nothing was changed.*--yes/s);
    assert.equal(await collection('app').countDocuments(), 3);
    await restore(server('other'), file, false); // which is empty
    assert.equal(await collection('other').countDocuments(), 3);
  });

  for (const [title, damage, message] of [
    ['truncated', (path: string) => truncate(path, 500), /has 500 bytes instead of \d+: it is truncated/],
    [
      'damaged',
      async (path: string) => {
        const bytes = await readFile(path);
        bytes[400] = (bytes[400] ?? 0) ^ 1;
        await writeFile(path, bytes);
      },
      /it is damaged/,
    ],
    ['another file', async (path: string) => writeFile(path, Buffer.alloc((await stat(path)).size)), /it is damaged/],
    ['without its manifest', (path: string) => rm(`${path}.json`), /its manifest can't be read/],
    ['beside another manifest', (path: string) => writeFile(`${path}.json`, '{}'), /is not its manifest/],
  ] as const) {
    it(`change nothing for a backup that is ${title}`, async () => {
      await fill();
      await backup(server(), file);
      await damage(file);
      await assert.rejects(restore(server(), file, true), (error: Error) => {
        assert.match(error.message, message);
        assert.match(error.message, /Nothing was changed/);
        return true;
      });
      assert.equal(await collection('app').countDocuments(), 1000);
    });
  }

  it('leave no file if the dump fails, and overwrite none', async () => {
    await fill(3);
    const broken: MongoServer = {
      database: 'app',
      describe: () => server().describe(),
      drop: () => Promise.reject(new Error('not called')),
      run: (tool, args, streams) => server().run(tool, [...args, '--no-such-option'], streams),
    };
    await assert.rejects(backup(broken, file), /no-such-option/);
    assert.equal(existsSync(file) || existsSync(`${file}.partial`) || existsSync(`${file}.json`), false);

    await backup(server(), file);
    await assert.rejects(backup(server(), file), /already exists/);
    await appendFile(file, 'x');
    await assert.rejects(verifyBackup(file), /truncated/);
  });
});

describe('backup(server, file)', () => {
  it('leaves no file that differs from what was written', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'backup-'));
    const file = join(folder, 'file');
    const notCalled = () => Promise.reject(new Error('not called'));
    const header = [Buffer.from('6de29981', 'hex'), BSON.serialize({ version: '0.1' }), Buffer.alloc(4, 255)];
    const server: MongoServer = {
      database: 'app',
      describe: () => Promise.resolve({ version: '8.0.4', oplog: false, documents: 0, bytes: 0 }),
      drop: notCalled,
      run: async (_tool, _args, streams) => {
        const script = `process.stdout.write(Buffer.from('${Buffer.concat(header).toString('hex')}', 'hex'))`;
        const log = await stream(globalThis.process.execPath, ['--eval', script], streams);
        await appendFile(`${file}.partial`, 'x'); // the fault of a disk
        return log;
      },
    };
    try {
      await assert.rejects(backup(server, file), /file\.partial was not written correctly/);
      assert.deepEqual(await readdir(folder), []);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('withoutDatabase(uri)', () => {
  for (const [uri, expected] of [
    ['mongodb://h/app', 'mongodb://h/'],
    ['mongodb://u:p@h1:1,h2/app?replicaSet=r', 'mongodb://u:p@h1:1,h2/?authSource=app&replicaSet=r'],
    ['mongodb://u:p@h/app?authSource=admin', 'mongodb://u:p@h/?authSource=admin'],
    ['mongodb+srv://u:p@h/app?w=1', 'mongodb+srv://u:p@h/?w=1'],
  ] as const) {
    it(`is ${expected} of ${uri}`, () => assert.equal(withoutDatabase(uri), expected));
  }
});

describe('the size of a database', () => {
  it('has its number of documents and MiB', () => {
    assert.equal(describeSize({ documents: 1, bytes: 0 }), '1 document (0.000 MiB)');
    assert.equal(describeSize({ documents: 1234, bytes: 2 ** 20 }), '1,234 documents (1.0 MiB)');
  });
});
