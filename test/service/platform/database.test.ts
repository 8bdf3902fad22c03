import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import getPort from 'get-port';
import { MongoClient, MongoInvalidArgumentError, MongoNetworkError, MongoServerError } from 'mongodb';
import { pino } from 'pino';
import { documents } from '../../../service/example/document';
import { limitsOf, platformLimits } from '../../../service/platform/configuration';
import { answerMs, Database } from '../../../service/platform/database';
import { Problem } from '../../../service/platform/problem';
import { toProblem } from '../../../service/platform/toProblem';
import { serveForSuite } from '../support/serve';
import { until } from '../support/until';

describe('Database', () => {
  const served = serveForSuite({ limits: { databaseMs: 200, connectMs: 200 } });
  const isAway = (error: unknown): boolean => error instanceof Problem && error.status === 503;

  it('does not show its connection string where it is logged', () => {
    const database = new Database('mongodb://user:secret@mongo:27017/app', limitsOf(platformLimits));
    assert.ok(!inspect(database, { showHidden: true, depth: 9 }).includes('secret'));
    assert.ok(!JSON.stringify(database).includes('secret'));
  });

  it('ends an operation that is never answered, works on, and replaces its client later', async () => {
    const { database } = served();
    const client = (): Promise<MongoClient> => database.run(async (db) => db.client);
    const hung = await client();
    await assert.rejects(
      database.run(() => new Promise(() => {})),
      isAway,
    );
    assert.equal(await client(), hung);
    await sleep(200);
    const other = database.run(async (db) => {
      await until('it has a new client', async () => (await client()) !== hung);
      assert.equal(db.client, hung);
      return documents(db).countDocuments();
    });
    assert.equal(await other, 0, 'an operation that began on the old client ends there');
    assert.equal(await database.run((db) => documents(db).countDocuments()), 0);
    await once(hung, 'topologyClosed');
  });

  it('counts an operation that is never answered until its client is closed', async () => {
    const limits = { ...limitsOf(platformLimits), databaseMs: 200, connectMs: 200, poolSize: 1, queue: 0 };
    const database = new Database(served().uri, limits);
    const isAdmitted = (): Promise<boolean> => database.run(async () => true).catch(() => false);
    assert.ok(await isAdmitted());
    await assert.rejects(
      database.run(() => new Promise(() => {})),
      isAway,
    );
    assert.equal(await isAdmitted(), false);
    await until('it is counted no more', isAdmitted);
    await database.close();
  });

  it('counts the memory for an operation that is late until it ends', async () => {
    const { database, memory } = served();
    let end = (): void => {};
    const late = memory.use(1000, () => database.run(() => new Promise<void>((resolve) => (end = resolve))));
    await assert.rejects(late, isAway);
    assert.equal(memory.used, 1000);
    end();
    await until('it is counted no more', () => memory.used === 0);
    const hung = memory.use(2000, () => database.run(() => new Promise(() => {})));
    await assert.rejects(hung, isAway);
    assert.equal(memory.used, 2000);
    await until('its client is closed', () => memory.used === 0);
  });

  it('keeps its client after an operation that is only slow', async () => {
    const { database } = served();
    const client = await database.run(async (db) => db.client);
    await assert.rejects(
      database.run(() => sleep(600)),
      isAway,
    );
    await sleep(600); // the client of one that hangs is replaced after 800 ms
    assert.equal(await database.run(async (db) => db.client), client);
  });

  it('gives an operation 8 seconds by default', () => {
    assert.equal(answerMs(limitsOf(platformLimits)), 8000);
  });

  it('connects once for all that ask, also while an older attempt fails late', async () => {
    const connections: Socket[] = [];
    const silent = createServer((socket) => void connections.push(socket.on('error', () => {})));
    const port = await getPort();
    silent.listen(port, '127.0.0.1');
    const limits = { ...limitsOf(platformLimits), connectMs: 400 };
    const database = new Database(`mongodb://127.0.0.1:${port}/?directConnection=true`, limits);
    const { connect } = MongoClient.prototype;
    let attempts = 0;
    MongoClient.prototype.connect = function (this: MongoClient) {
      attempts += 1;
      return connect.call(this);
    };
    try {
      const older = database.ping(5000);
      await database.close(); // forgets the attempt that is under way
      const newer = database.ping(5000);
      await assert.rejects(older);
      const shared = database.ping(5000);
      await assert.rejects(newer);
      await assert.rejects(shared);
      assert.equal(attempts, 2);
    } finally {
      MongoClient.prototype.connect = connect;
      for (const connection of connections) connection.destroy();
      silent.close();
    }
  });

  it('tells of a connection that was lost as of a database that is away', () => {
    const lost = Object.assign(new Error('This socket has been ended by the other party'), { code: 'EPIPE' });
    assert.ok(isAway(toProblem(lost)));
  });

  it('leaves any other error as it is', async () => {
    const other = new TypeError('a fault of ours');
    await assert.rejects(
      served().database.run(() => Promise.reject(other)),
      (error) => error === other,
    );
  });

  it('logs once that it is away, with its cause, and once that it is back', async () => {
    const lines: { msg: string; err?: { message: string } }[] = [];
    const logger = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const limits = { ...limitsOf(platformLimits), connectMs: 200 };
    const [proxy, port] = [createServer(), await getPort()];
    const database = new Database(`mongodb://127.0.0.1:${port}/?directConnection=true`, limits, { logger });
    for (let time = 0; time < 3; time++) await assert.rejects(database.ping(1000));
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['database away'],
    );
    assert.match(lines[0]?.err?.message ?? '', /ECONNREFUSED/);
    const target = Number(new URL(served().uri).port);
    proxy.on('connection', (socket) =>
      socket
        .on('error', () => {})
        .pipe(connect(target, '127.0.0.1'))
        .on('error', () => {})
        .pipe(socket),
    );
    proxy.listen(port, '127.0.0.1');
    for (let time = 0; time < 3; time++) await database.ping(1000);
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['database away', 'database answers'],
    );
    await database.close();
    proxy.close();
  });

  for (const [kind, error] of [
    ['database-timeout', new MongoServerError({ message: 'operation exceeded time limit', code: 50 })],
    ['database-away', new MongoServerError({ message: 'not primary', code: 10107 })],
    ['database-away', new MongoNetworkError('connection 1 closed')],
    ['internal', new MongoServerError({ message: 'no such command', code: 59 })],
    ['internal', new MongoInvalidArgumentError('a fault of ours')],
  ] as const) {
    it(`is ${kind} at ${error.name}: ${error.message}`, () => assert.equal(toProblem(error).kind, kind));
  }
});
