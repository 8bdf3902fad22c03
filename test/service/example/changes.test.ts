import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { SignJWT } from 'jose';
import { ChangeStream, type ChangeStreamOptions, Collection, MongoClient, MongoServerError } from 'mongodb';
import pino from 'pino';
import { Metrics } from '../../../service/platform/metrics';
import { Observer } from '../../../service/platform/observer';
import { databaseBusy } from '../../../service/platform/problem';
import { until } from '../../../stack/cluster/until';
import { localFolder } from '../../../tools/database/databaseProcess';
import { findMongod } from '../../../tools/database/findMongod';
import { insertForeign, startOwnDatabase } from '../support/database';
import { assertProblem } from '../support/problem';
import { serve, serveForSuite } from '../support/serve';
import { watchRequests } from '../support/watchRequests';

interface Event {
  readonly id: string;
  readonly event?: string;
  readonly data?: unknown;
}

/** What a client of `GET /data/changes` is told. */
class Watcher implements AsyncDisposable {
  readonly #abort = new AbortController();
  #text = '';
  #ended = false;

  constructor(readonly response: Response) {}

  static async open(url: string, headers: Record<string, string> = {}): Promise<Watcher> {
    const abort = new AbortController();
    const response = await fetch(`${url}/data/changes`, { headers, signal: abort.signal });
    assert.equal(response.status, 200);
    const watcher = new Watcher(response);
    watcher.#abort.signal.addEventListener('abort', () => abort.abort());
    void watcher.#read();
    return watcher;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.response.body ?? []) this.#text += decoder.decode(chunk, { stream: true });
    } catch {} // closed by the test
    this.#ended = true;
  }

  get comments(): number {
    return this.#text.split('\n').filter((line) => line.startsWith(':')).length;
  }

  get blocks(): readonly Event[] {
    return this.#text
      .split('\n\n')
      .slice(0, -1)
      .map((block) => {
        const lines = block.split('\n').filter((line) => !line.startsWith(':'));
        const fields = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s).slice(0, 2)));
        return { ...fields, ...(fields.data && { data: JSON.parse(fields.data) }) } as Event;
      });
  }

  async events(count: number): Promise<readonly Event[]> {
    const all = (): readonly Event[] => this.blocks.filter((block) => block.event !== undefined);
    await until(`${count} events`, async () => all().length >= count);
    return all();
  }

  async ended(): Promise<void> {
    await until('the end', async () => this.#ended);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.ended();
  }
}

describe('GET /data/changes', function () {
  this.timeout(20_000);
  const served = serveForSuite();
  const send = (method: string, id: string, body?: string): Promise<Response> =>
    served().get(`/data/${id}`, { method, headers: { 'Content-Type': 'application/json' }, ...(body && { body }) });

  it('sends inserts, updates, replacements and deletions in order, and no earlier changes', async () => {
    await served().post({ _id: 'before' });
    await using watcher = await Watcher.open(served().url);
    assert.equal(watcher.response.headers.get('Content-Type'), 'text/event-stream');
    const { id } = (await (await served().post({ line: 'a\nb', n: 1.5 })).json()) as { id: string };
    await send('PUT', 'put', '{"v":1}');
    await send('PUT', 'put', '{"v":2}');
    await send('DELETE', 'put');
    const client = await new MongoClient(served().uri).connect();
    await client
      .db()
      .collection<{ _id: string }>('data')
      .updateOne({ _id: 'before' }, { $set: { at: new Date(0) } });
    await client.close();

    const events = await watcher.events(5);
    assert.deepEqual(
      events.map(({ event, data }) => [event, data]),
      [
        ['insert', { id, document: { _id: id, line: 'a\nb', n: 1.5 } }],
        ['insert', { id: 'put', document: { _id: 'put', v: 1 } }],
        ['replace', { id: 'put' }], // which is removed when its document is looked up, or not yet
        ['delete', { id: 'put' }],
        ['update', { id: 'before', document: { _id: 'before', at: '1970-01-01T00:00:00.000Z' } }],
      ].map(([event, data], index) => [event, index === 2 ? events[2]?.data : data]),
    );
  });

  it('sends a document as GET does', async () => {
    await using watcher = await Watcher.open(served().url);
    await served().post('{"_id":"as GET","o":{"$id":1,"$ref":"a"},"n":1.0}');
    const [event] = await watcher.events(1);
    const document = await (await served().get('/data/as%20GET')).text();
    assert.equal(JSON.stringify(event?.data), `{"id":"as GET","document":${document}}`);
  });

  it('sends an id of another program that is an object', async () => {
    await using watcher = await Watcher.open(served().url);
    const _id = { current: [{ a: 1 }], raw: [{ b: 1 }] };
    await insertForeign(served().uri, { _id });
    assert.deepEqual((await watcher.events(1))[0]?.data, { id: _id, document: { _id } });
  });

  it('makes Node warn of nothing, with a log and without compression', async () => {
    const app = await serve({ observer: watchRequests().observer });
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    {
      await using watcher = await Watcher.open(app.url, { 'Accept-Encoding': 'identity' });
      await app.post({});
      await watcher.events(1);
    }
    await app.close();
    process.off('warning', note);
    assert.deepEqual(warnings, []);
  });

  it('sends only the id of a large document', async () => {
    await using watcher = await Watcher.open(served().url);
    const client = await new MongoClient(served().uri).connect();
    await client
      .db()
      .collection<{ _id: string }>('data')
      .insertOne({ _id: 'large', text: 'x'.repeat(5_000_000) } as never);
    await client.close();
    assert.deepEqual((await watcher.events(1))[0]?.data, { id: 'large' });
  });

  it('resumes after Last-Event-ID, that of a sign of life too', async () => {
    let position: string;
    {
      await using watcher = await Watcher.open(served().url);
      await until('a position', async () => watcher.blocks.length > 0);
      position = watcher.blocks[0]?.id ?? '';
    }
    for (const _id of ['r1', 'r2', 'r3']) await served().post({ _id });
    await using all = await Watcher.open(served().url, { 'Last-Event-ID': position });
    const [first] = await all.events(3);
    assert.deepEqual(first?.data, { id: 'r1', document: { _id: 'r1' } });
    await using rest = await Watcher.open(served().url, { 'Last-Event-ID': first?.id ?? '' });
    assert.deepEqual((await rest.events(2))[0]?.data, { id: 'r2', document: { _id: 'r2' } });
  });

  it('gives signs of life more often than silence is allowed', async () => {
    const app = await serve({ limits: { idleMs: 2000 } });
    try {
      await using watcher = await Watcher.open(app.url);
      await until('three signs', async () => watcher.comments >= 4);
      await app.post({ _id: 'alive' });
      await watcher.events(1);
    } finally {
      await app.close();
    }
  });

  it('continues when the database is too busy, and retries after a pause', async () => {
    const { database, url, post } = served();
    await using watcher = await Watcher.open(url);
    const { run } = database;
    const refusedAt: number[] = [];
    database.run = async () => {
      refusedAt.push(performance.now());
      throw databaseBusy(1);
    };
    try {
      await until('it was refused three times', async () => refusedAt.length >= 3);
    } finally {
      database.run = run;
    }
    const [first = 0, , third = 0] = refusedAt;
    assert.ok(third - first > 300, `${third - first} ms`);
    await post({ _id: 'after-busy' });
    assert.deepEqual((await watcher.events(1))[0]?.data, { id: 'after-busy', document: { _id: 'after-busy' } });
  });

  it('reports that the collection was dropped, and resumes after that', async () => {
    await using watcher = await Watcher.open(served().url);
    const client = await new MongoClient(served().uri).connect();
    await client.db().dropCollection('data');
    await client.close();
    const [event] = await watcher.events(1);
    assert.equal(event?.event, 'invalidate');
    await watcher.ended();
    await using next = await Watcher.open(served().url, { 'Last-Event-ID': event?.id ?? '' });
    await served().post({ _id: 'anew' });
    assert.equal((await next.events(1))[0]?.event, 'insert');
  });

  it('refuses the ninth client, until another has left', async () => {
    const app = await serve();
    const watchers = await Promise.all(Array.from({ length: 8 }, () => Watcher.open(app.url)));
    await assertProblem(await app.get('/data/changes'), 503, 'overloaded');
    for (const watcher of watchers) await watcher[Symbol.asyncDispose]();
    await until('one is let in', async () => (await app.get('/data/changes', { method: 'HEAD' })).status === 200);
    await until('all are gone', async () => app.memory.streams === 0);
    await app.close();
  });

  it('counts no client that left while its token was checked', async () => {
    const keys = createServer().listen(0, '127.0.0.1');
    await once(keys, 'listening');
    const jwtKey = `http://127.0.0.1:${(keys.address() as AddressInfo).port}`;
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const token = await new SignJWT().setProtectedHeader({ alg: 'ES256' }).setExpirationTime('1m').sign(privateKey);
    const { lines, observer } = watchRequests();
    const guarded = await serve({ uri: served().uri, observer, access: { apiKeys: ['all'], readKeys: [], jwtKey } });
    try {
      const leaving = new AbortController();
      const init = { headers: { Authorization: `Bearer ${token}` }, signal: leaving.signal };
      const asked = once(keys, 'request') as Promise<[unknown, ServerResponse]>;
      const watchers = Array.from({ length: 8 }, () => guarded.get('/data/changes', init).catch(() => {}));
      const [, response] = await asked;
      leaving.abort();
      await Promise.all(watchers);
      await until('they have left', async () => lines.filter(({ aborted }) => aborted).length === 8);
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ keys: [publicKey.export({ format: 'jwk' })] }));
      await once(response, 'close');
      await using _watcher = await Watcher.open(guarded.url, init.headers);
    } finally {
      await guarded.close();
      keys.closeAllConnections();
      keys.close();
    }
  });

  it('is compressed for who accepts that, without delay and without a warning', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', onWarning);
    const app = await serve({ observer: (sources) => new Observer(pino({ level: 'silent' }), new Metrics(sources)) });
    {
      await using watcher = await Watcher.open(app.url);
      assert.equal(watcher.response.headers.get('Content-Encoding'), 'gzip');
      await app.post({ _id: 'compressed' });
      await watcher.events(1);
    }
    await app.close();
    process.off('warning', onWarning);
    assert.deepEqual(warnings, []);
  });

  it('refuses what is no event id, other types, and the id of a document that its path would hide', async () => {
    for (const id of ['x', '00', '8263', 'f'.repeat(100)]) {
      const response = await served().get('/data/changes', { headers: { 'Last-Event-ID': id } });
      await assertProblem(response, 410, 'changes-lost');
    }
    const accept = await served().get('/data/changes', { headers: { Accept: 'application/json' } });
    await assertProblem(accept, 406, 'not-acceptable');
    await assertProblem(await served().post({ _id: 'changes' }), 422, 'bad-id');
  });

  it('sends a document with a text that is not UTF-8', async () => {
    await using watcher = await Watcher.open(served().url);
    await insertForeign(served().uri, { _id: 'not UTF-8', text: '\ufffd' });
    const [event] = await watcher.events(1);
    assert.match(JSON.stringify(event?.data), /"text":"\ufffd+"/);
  });

  it('answers 500, which is logged, when the database forbids it, also with Last-Event-ID', async () => {
    const { tryNext } = ChangeStream.prototype;
    ChangeStream.prototype.tryNext = async () => {
      throw new MongoServerError({ message: 'not authorized', code: 13 });
    };
    try {
      const response = await served().get('/data/changes', { headers: { 'Last-Event-ID': '82' } });
      await assertProblem(response, 500, 'internal');
    } finally {
      ChangeStream.prototype.tryNext = tryNext;
    }
  });

  it('leaves no cursor when the database answers too late', async () => {
    await using database = await startOwnDatabase();
    const late = await serve({ uri: database.uri, limits: { databaseMs: 400, connectMs: 400 } });
    try {
      await late.post({});
      database.signal('SIGSTOP');
      await assertProblem(await late.get('/data/changes'), 503, 'database-away');
      database.signal('SIGCONT');
      await using client = await MongoClient.connect(database.uri);
      await until('all is returned', async () => {
        const { metrics } = await client.db().admin().serverStatus();
        return metrics.cursor.open.total === 0 && late.database.pool.used === 0;
      });
    } finally {
      await late.close();
    }
  });

  it('limits the first command in time', async () => {
    const { watch } = Collection.prototype;
    let given: ChangeStreamOptions | undefined;
    Collection.prototype.watch = function (this: Collection, pipeline, options) {
      given = options;
      return watch.call(this, pipeline, options);
    } as typeof watch;
    try {
      await using _watcher = await Watcher.open(served().url);
      assert.equal(given?.maxTimeMS, 4000);
    } finally {
      Collection.prototype.watch = watch;
    }
  });

  it('ends when the service drains', async () => {
    const draining = await serve();
    await using watcher = await Watcher.open(draining.url);
    draining.draining.abort();
    await watcher.ended();
    await draining.close();
  });

  it('says what to do with a standalone MongoDB', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'web-'));
    const port = await getPort();
    const { path } = await findMongod(localFolder, () => {});
    const mongod = spawn(path, ['--dbpath', folder, '--port', String(port), '--bind_ip', '127.0.0.1'], {
      stdio: 'ignore',
    });
    const standalone = await serve({ uri: `mongodb://127.0.0.1:${port}/app` });
    try {
      await until('it answers', async () => (await standalone.get('/data')).status === 200);
      const detail = await assertProblem(await standalone.get('/data/changes'), 501, 'no-change-streams');
      assert.match(detail, /replica set/);
    } finally {
      await standalone.close();
      mongod.kill();
      await once(mongod, 'exit');
      await rm(folder, { recursive: true });
    }
  });
});
