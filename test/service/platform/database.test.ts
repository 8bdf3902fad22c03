import assert from 'node:assert/strict';
import { connect, createServer, Socket } from 'node:net';
import { inspect } from 'node:util';
import getPort from 'get-port';
import { MongoClient, MongoInvalidArgumentError, MongoNetworkError, MongoServerError } from 'mongodb';
import { pino } from 'pino';
import { documents } from '../../../service/example/document';
import { insert } from '../../../service/example/insertQueue/insertQueue';
import { limitsOf, platformLimits } from '../../../service/platform/configuration';
import { answerMs, type BoundedDb, Database } from '../../../service/platform/database';
import { MemoryBudget } from '../../../service/platform/memory';
import { Problem, toProblem } from '../../../service/platform/problem';
import { serveForSuite } from '../support/serve';
import { until } from '../support/until';

describe('Database', () => {
  const served = serveForSuite({ limits: { databaseMs: 200, connectMs: 200 } });
  before(() => until('it is connected', async () => (await served().get('/health')).status === 200));
  const isAway = (error: unknown): boolean => error instanceof Problem && error.status === 503;

  it('does not show its connection string where it is logged', () => {
    const database = new Database('mongodb://user:secret@mongo:27017/app', limitsOf(platformLimits));
    assert.ok(!inspect(database, { showHidden: true, depth: 9 }).includes('secret'));
    assert.ok(!JSON.stringify(database).includes('secret'));
  });

  for (const [what, command] of [
    ['a read', (db, name) => documents(db).countDocuments({ name }, db.bounds)],
    ['a write', (db, name) => insert(db, [{ _id: name }])],
  ] as readonly [string, (db: BoundedDb, name: string) => Promise<unknown>][]) {
    it(`gives up ${what} that the driver leaves unanswered, and its connection`, async () => {
      const limits = { ...limitsOf(platformLimits), databaseMs: 1000, connectMs: 1000, poolSize: 1, queue: 0 };
      const [database, memory] = [new Database(served().uri, limits), new MemoryBudget(limits)];
      const use = (name: string) => memory.use(1000, () => database.run((db) => command(db, name)));
      await use('answered');
      const { write } = Socket.prototype;
      // What is written to a connection that was just lost.
      Socket.prototype.write = function (this: Socket, data: Uint8Array, ...others: never[]) {
        return !Buffer.from(data).includes('forgotten') && write.call(this, data, ...others);
      } as typeof write;
      try {
        await assert.rejects(use('forgotten'), isAway);
        await until('its connection is closed', () => database.pool.open === 0);
        assert.deepEqual([database.pool.used, memory.used], [0, 0]);
        await use('again');
      } finally {
        Socket.prototype.write = write;
        await database.close();
      }
    });
  }

  it('ends an operation that hangs by itself', async () => {
    await assert.rejects(
      served().database.run(() => new Promise(() => {})),
      isAway,
    );
  });

  it('keeps its client after an operation that is only slow', async () => {
    const { database } = served();
    const client = await database.run(async (db) => db.client);
    let end = (): void => {};
    await assert.rejects(
      database.run(() => new Promise<void>((resolve) => (end = resolve))),
      isAway,
    );
    end();
    assert.equal(await database.run(async (db) => db.client), client);
  });

  it('gives an operation 8 seconds by default', () => {
    assert.equal(answerMs(limitsOf(platformLimits)), 8000);
  });

  it('connects once for all that ask, again after a failure, and not when it is closed', async () => {
    const connections: Socket[] = [];
    const silent = createServer((socket) => void connections.push(socket.on('error', () => {})));
    const port = await getPort();
    silent.listen(port, '127.0.0.1');
    const limits = { ...limitsOf(platformLimits), connectMs: 400 };
    const database = new Database(`mongodb://127.0.0.1:${port}/?directConnection=true`, limits);
    try {
      const [one, two] = [database.ping(5000), database.ping(5000)];
      await assert.rejects(one);
      await assert.rejects(two);
      assert.equal(connections.length, 1);
      const three = database.ping(5000);
      await until('it has connected again', () => connections.length === 2);
      await database.close();
      await assert.rejects(three);
      await assert.rejects(database.ping(5000));
      assert.equal(connections.length, 2);
    } finally {
      for (const connection of connections) connection.destroy();
      silent.close();
    }
  });

  /** Keeps its connection for a while. Needs a document. */
  const slow =
    (milliseconds: number) =>
    (db: BoundedDb): Promise<unknown> =>
      documents(db).findOne({ _id: 'known', $where: `sleep(${milliseconds}) || true` });

  it('opens no more connections than its pool may have', async () => {
    const database = new Database(served().uri, { ...limitsOf(platformLimits), poolSize: 2 });
    try {
      await database.run((db) => documents(db).replaceOne({ _id: 'known' }, {}, { upsert: true }));
      await Promise.all(Array.from({ length: 8 }, () => database.run(slow(100))));
      assert.equal(database.pool.open, 2);
    } finally {
      await database.close();
    }
  });

  it('is overloaded, not away, when no connection becomes free in time', async () => {
    const database = new Database(served().uri, { ...limitsOf(platformLimits), databaseMs: 1000, poolSize: 1 });
    try {
      await database.run((db) => documents(db).replaceOne({ _id: 'known' }, {}, { upsert: true }));
      const taken = database.run(slow(2500));
      await until('the connection is taken', () => database.pool.used === 1);
      await assert.rejects(database.run(slow(0)), (error) => toProblem(error).kind === 'overloaded');
      await taken;
    } finally {
      await database.close();
    }
  });

  it('says that it is refused, not away, when its user is', async () => {
    const { host, pathname } = new URL(served().uri);
    const database = new Database(`mongodb://nobody:SECRET@${host}${pathname}`, limitsOf(platformLimits));
    try {
      await assert.rejects(
        database.run(async () => {}),
        (error) => error instanceof Problem && error.kind === 'database-refused' && !error.message.includes('SECRET'),
      );
    } finally {
      await database.close();
    }
  });

  it('is away, not refused, while a server that shuts down refuses connections', async () => {
    const { connect } = MongoClient.prototype;
    MongoClient.prototype.connect = async () => {
      throw new MongoServerError({ message: 'the server is shutting down', code: 91 });
    };
    try {
      await assert.rejects(
        served().database.run(async () => {}),
        (error) => error instanceof Problem && error.kind === 'database-away',
      );
    } finally {
      MongoClient.prototype.connect = connect;
    }
  });

  it('reports a lost connection as an unavailable database', () => {
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
    const limits = { ...limitsOf(platformLimits), connectMs: 1000 };
    const [proxy, port] = [createServer(), await getPort()];
    const database = new Database(`mongodb://127.0.0.1:${port}/?directConnection=true`, limits, { logger });
    for (let time = 0; time < 2; time++) await assert.rejects(database.ping(5000));
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
    for (let time = 0; time < 2; time++) await database.ping(5000);
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
    ['database-away', Object.assign(new Error('querySrv ENOTFOUND _mongodb._tcp.db'), { code: 'ENOTFOUND' })],
    ['database-away', Object.assign(new Error('querySrv ESERVFAIL _mongodb._tcp.db'), { code: 'ESERVFAIL' })],
    ['internal', Object.assign(new Error('open ca.pem'), { code: 'ENOENT' })],
    ['database-refused', new MongoServerError({ message: 'Authentication failed.', code: 18 })],
    ['internal', new MongoServerError({ message: 'no such command', code: 59 })],
    ['internal', new MongoInvalidArgumentError('a fault of ours')],
  ] as const) {
    it(`is ${kind} at ${error.name}: ${error.message}`, () => assert.equal(toProblem(error).kind, kind));
  }
});
