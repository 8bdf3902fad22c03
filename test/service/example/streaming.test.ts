import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Db, type Document, type Long, MongoNetworkError, MongoServerError } from 'mongodb';
import { until } from '../../../stack/cluster/until';
import { assertProblem } from '../support/problem';
import { serveForSuite } from '../support/serve';

describe('GET /data of more than a socket takes', function () {
  this.timeout(60_000);
  const served = serveForSuite({ limits: { streams: 4 } });
  /** Documents, and bytes of each. */
  const [items, size] = [15_000, 2000];
  /** Bytes of the batches that the database sent. */
  let batches: number[] = [];
  /** Ids of the cursors that the database keeps. */
  const kept = new Set<string>();
  const { command } = Db.prototype;
  /** Called before each batch but the first. */
  let later = async (): Promise<void> => {};

  before(async () => {
    // Not the driver's ids: they are in no order when their counter wraps.
    const id = (n: number): string => n.toString(16).padStart(24, '0');
    const line = (_: unknown, n: number): string => `{"_id":"${id(n)}","n":${n},"text":"${'x'.repeat(size)}"}\n`;
    const lines = Array.from({ length: items }, line).join('');
    assert.deepEqual(await (await served().post(lines, { 'Content-Type': 'application/x-ndjson' })).json(), {
      inserted: items,
    });
    Db.prototype.command = async function (asked: Document, options) {
      if (asked.find !== undefined && asked.filter.$and.some((part: Document) => '$expr' in part || '_id' in part))
        await later();
      const answer = await command.call(this, asked, options);
      for (const id of answer.cursorsKilled ?? []) kept.delete(String(id));
      if (asked.find !== undefined) {
        const { id, firstBatch } = answer.cursor as { id: Long; firstBatch: Buffer[] };
        batches.push(firstBatch.reduce((sum, { length }) => sum + length, 0));
        if (!id.isZero()) kept.add(String(id));
      }
      return answer;
    };
  });
  after(() => {
    Db.prototype.command = command;
  });
  afterEach(() => assert.equal(kept.size, 0));
  beforeEach(() => {
    batches = [];
    later = async () => {};
  });
  const readAll = async (): Promise<{ n: number }[]> => (await (await served().get('/data')).json()) as { n: number }[];
  const pausedReader = async (): Promise<ReturnType<typeof connect>> => {
    const socket = connect(served().port, '127.0.0.1');
    socket.write('GET /data HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'readable');
    return socket;
  };

  it('sends all of them, in batches of half a MiB', async () => {
    assert.deepEqual(
      (await readAll()).map(({ n }) => n),
      Array.from({ length: items }, (_, n) => n),
    );
    const inner = batches.slice(2, -2); // without the last, and the empty one of other types of ids
    assert.ok(inner.length > 0 && inner.every((bytes) => Math.abs(bytes / 2 ** 19 - 1) < 0.1), batches.join());
  });

  for (const [title, failure] of [
    ['a lost connection', () => new MongoNetworkError('connection reset')],
    ['a step-down', () => new MongoServerError({ message: 'not primary', code: 10107 })],
  ] as const) {
    it(`continues after ${title}, with each document once`, async () => {
      let calls = 0;
      later = async () => {
        calls += 1;
        if (calls === 2 || calls === 3) throw failure();
      };
      assert.deepEqual(
        (await readAll()).map(({ n }) => n),
        Array.from({ length: items }, (_, n) => n),
      );
      assert.ok(calls > 3);
    });
  }

  it('asks for no more while a client does not read, nor when it went away', async () => {
    const socket = await pausedReader();
    let [count, probes] = [0, 0];
    await until('no more is asked for', async () => {
      probes = batches.length === count ? probes + 1 : 0;
      count = batches.length;
      for (let n = 0; n < 20; n += 1) await served().get('/health'); // several batches would have come meanwhile
      return probes === 5;
    });
    assert.ok(batches.reduce((sum, bytes) => sum + bytes, 0) < (items * size) / 2, batches.join()); // what the sockets' buffers took
    socket.destroy();
    await until('its memory is free', () => served().memory.used === 0);
    assert.ok(batches.length <= count + 1, batches.join());
  });

  it('refuses more streams than there may be, and still serves what is small', async () => {
    const sockets = await Promise.all(Array.from({ length: 4 }, pausedReader));
    await assertProblem(await served().get('/data'), 503, 'overloaded');
    assert.equal((await served().get('/data?limit=2')).status, 200);
    for (const socket of sockets) socket.destroy();
    await until('they are closed', () => served().memory.streams === 0);
  });

  it('keeps no more than a batch of large documents that follow small ones', async () => {
    const large = Array.from({ length: 40 }, (_none, n) => ({
      _id: `large-${n}`,
      mixed: true,
      text: 'y'.repeat(500_000),
    }));
    for (let at = 0; at < large.length; at += 2) await served().post(large.slice(at, at + 2));
    await served().post(Array.from({ length: 500 }, (_none, n) => ({ _id: `a-${n}`, mixed: true })));
    const page = (await (await served().get('/data?limit=600&fields=n')).json()) as unknown[];
    assert.equal(page.length, 600);
    batches = [];
    let [held, count] = [0, 0];
    const { body } = await served().get('/data?filter={"mixed":true}', { headers: { Accept: 'application/x-ndjson' } });
    for await (const piece of body as ReadableStream<Uint8Array>) {
      held = Math.max(held, served().memory.used);
      count += Buffer.from(piece).filter((byte) => byte === 10).length;
    }
    assert.equal(count, 540);
    assert.ok(Math.max(...batches) > 4e6, 'the test must see a large answer');
    assert.ok(held <= 17_000_000 + 3_145_728, String(held)); // one answer of the database, and what a stream reserves
  });

  it('sends the first documents before the database has found the others', async () => {
    const lines = '{"short":true}\n'.repeat(200);
    await served().post(lines, { 'Content-Type': 'application/x-ndjson' });
    let found = (): void => {};
    const wait = new Promise<void>((resolve) => {
      found = resolve;
    });
    later = () => wait;
    const { body } = await served().get('/data?filter={"short":true}', { headers: { Accept: 'application/x-ndjson' } });
    let text = '';
    for await (const piece of body as ReadableStream<Uint8Array>) {
      text += Buffer.from(piece).toString();
      assert.ok(text.startsWith('{"_id":'));
      found();
    }
    assert.equal(text.split('\n').length - 1, 200);
  });

  it('leaves nothing behind of a HEAD', async () => {
    assert.equal((await served().get('/data', { method: 'HEAD' })).status, 200);
    await until('its memory is free', () => served().memory.used === 0);
  });
});
