import assert from 'node:assert/strict';
import { jsonFactor } from '../../../service/platform/memory';
import { until } from '../../../stack/cluster/until';
import { assertProblem } from '../support/problem';
import { serve, serveForSuite } from '../support/serve';

const ndjson = { 'Content-Type': 'application/x-ndjson' };

describe('POST /data with NDJSON', () => {
  const served = serveForSuite({ limits: { bodyBytes: 1024 } });
  const count = async (group: string): Promise<number> =>
    ((await (await served().get(`/data?filter=${encodeURIComponent(JSON.stringify({ group }))}`)).json()) as unknown[])
      .length;

  it('stores every line, the last without an end, and none that is blank', async () => {
    const response = await served().post('{"group":"a","n":1}\r\n\n  \n{"group":"a","n":2}', ndjson);
    assert.equal(response.status, 201);
    assert.deepEqual(await response.json(), { inserted: 2 });
    assert.equal(await count('a'), 2);
  });

  it('needs no database for blank lines, such as those that keep a connection open', async () => {
    const { database } = served();
    const { run } = database;
    database.run = () => assert.fail('The database is used.');
    try {
      assert.deepEqual(await (await served().post('\n \n\r\n', ndjson)).json(), { inserted: 0 });
    } finally {
      database.run = run;
    }
  });

  it('counts the bytes of lines, not their characters', async () => {
    const { memory } = served();
    const { use } = memory;
    let counted = 0;
    memory.use = (bytes, ...others) => {
      counted += bytes;
      return use.call(memory, bytes, ...others) as never;
    };
    try {
      await served().post(
        Array<string>(10)
          .fill(`{"text":"${'漢'.repeat(300)}"}`)
          .join('\n'),
        ndjson,
      );
      assert.equal(counted, 10 * 911 * jsonFactor);
    } finally {
      memory.use = use;
    }
  });

  it('stores more than one batch, whatever the pieces that it comes in', async function () {
    this.timeout(60_000);
    const bytes = Buffer.from(
      Array.from({ length: 3500 }, (_, n) => JSON.stringify({ group: 'b', n, text: 'ü€😀' })).join('\n'),
    );
    const pieces = new ReadableStream<Buffer>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += 7919) controller.enqueue(bytes.subarray(at, at + 7919));
        controller.close();
      },
    });
    const response = await served().get('/data', {
      method: 'POST',
      headers: ndjson,
      body: pieces,
      duplex: 'half',
    } as RequestInit);
    assert.deepEqual(await response.json(), { inserted: 3500 });
    assert.equal(await count('b'), 3500);
  });

  it('reports the failed lines, and stores the others', async () => {
    const response = await served().post('{"_id":"l1"}\n{"_id":"l1"}\n{"_id":"l2"}\n', ndjson);
    const answer = (await response.json()) as {
      inserted: number;
      failed: number;
      errors: { line: number; status: number }[];
    };
    assert.equal(response.status, 207);
    assert.deepEqual([answer.inserted, answer.failed], [2, 1]);
    assert.deepEqual(
      answer.errors.map(({ line, status }) => [line, status]),
      [[2, 409]],
    );
  });

  it('ends at an invalid line, and reports how many were stored', async () => {
    const response = await served().post('{"group":"c"}\n{"group":"c"}\n[1]\n{"group":"c"}\n', ndjson);
    const detail = await assertProblem(response, 422, 'bad-document');
    assert.match(detail, /^Line 3 is an array.*2 were stored/);
    assert.equal(await count('c'), 2);
  });

  it('refuses a line that is too long, though it does not end', async () => {
    assert.match(
      await assertProblem(await served().post(`{"a":1}\n{"x":"${'y'.repeat(5000)}`, ndjson), 413, 'too-large'),
      /^Line 2/,
    );
  });

  for (const [title, line, status, kind] of [
    ['too long', `{"group":"d","x":"${'ü'.repeat(600)}"}`, 413, 'too-large'],
    ['not UTF-8', Buffer.from('{"group":"d","x":"ü"}', 'latin1'), 400, 'bad-encoding'],
  ] as const) {
    it(`stores the lines before one that is ${title}, though they come together`, async () => {
      const body = Buffer.concat(
        ['{"group":"d"}\n{"group":"d","x":"ü"}\n', line, '\n{}\n'].map((part) => Buffer.from(part)),
      );
      const before = await count('d');
      const response = await served().get('/data', { method: 'POST', headers: ndjson, body });
      assert.match(await assertProblem(response, status, kind), /^Line 3 .*2 were stored/);
      assert.equal(await count('d'), before + 2);
    });
  }

  it('stores the lines of a slow client as they come, and reports a bad one while the client waits', async () => {
    let controller: ReadableStreamDefaultController<Buffer> | undefined;
    const body = new ReadableStream<Buffer>({ start: (given) => void (controller = given) });
    const answer = served().get('/data', { method: 'POST', headers: ndjson, body, duplex: 'half' } as RequestInit);
    controller?.enqueue(Buffer.from('{"group":"slow"}\n{"group":"slow"}\n'));
    await until('the lines are stored though the body goes on', async () => (await count('slow')) === 2);
    controller?.enqueue(Buffer.from('{"group":"slow"}\n[]\n{"group":"slow"}\n'));
    assert.match(await assertProblem(await answer, 422, 'bad-document'), /Line 4 is an array.*3 were stored/);
    assert.equal(await count('slow'), 3);
    controller?.close();
  });

  it('is read no faster than the database stores it', async () => {
    const { database, memory } = served();
    const { run } = database;
    let store = (): void => {};
    const stored = new Promise<void>((resolve) => (store = resolve));
    database.run = async (operation) => stored.then(() => run.call(database, operation)) as never;
    const piece = Buffer.from(`{"group":"fast","text":"${'x'.repeat(960)}"}\n`.repeat(100));
    let sent = 0; // pieces, of 1000 that would be sent
    const body = new ReadableStream<Buffer>({
      pull: (controller) => (sent++ < 1000 ? controller.enqueue(piece) : controller.close()),
    });
    const leaving = new AbortController();
    const init = { method: 'POST', headers: ndjson, body, duplex: 'half', signal: leaving.signal };
    const answer = served().get('/data', init as RequestInit);
    try {
      await until('no more is read', async () => {
        const before = sent;
        for (let n = 0; n < 20; n += 1) await served().get('/health'); // much more would be read meanwhile
        return sent > 1 && sent === before;
      });
      assert.ok(sent * piece.length < 25_000_000, `${sent} pieces`); // three commands, and what the sockets' buffers took
    } finally {
      leaving.abort();
      store();
      database.run = run;
    }
    await assert.rejects(answer);
    await until('its memory is free', () => memory.used === 0);
  });

  it('tells a client that pauses for too long what was stored', async () => {
    const own = await serve({ limits: { idleMs: 1000 } });
    let controller: ReadableStreamDefaultController<Buffer> | undefined;
    const body = new ReadableStream<Buffer>({ start: (given) => void (controller = given) });
    controller?.enqueue(Buffer.from('{"n":1}\n{"n":2}\n{"n":'));
    const response = await own.get('/data', { method: 'POST', headers: ndjson, body, duplex: 'half' } as RequestInit);
    assert.equal(((await response.clone().json()) as { inserted: number }).inserted, 2);
    assert.match(await assertProblem(response, 408, 'slow-body'), /stopped before its end.*2 were stored/);
    controller?.close();
    await own.close();
  });

  it('refuses an Idempotency-Key, and says what to do instead', async () => {
    assert.match(
      await assertProblem(await served().post('{}', { ...ndjson, 'Idempotency-Key': 'k' }), 422, 'key-on-stream'),
      /_id/,
    );
    const invalid = await served().post('{}', { ...ndjson, 'Idempotency-Key': 'two words' });
    assert.match(await assertProblem(invalid, 400, 'bad-key'), /no key with application\/x-ndjson/);
  });
});

describe('NDJSON while the service stops', () => {
  const served = serveForSuite();

  it('tells a client that is still sending that the service stops, and what was stored', async () => {
    let controller: ReadableStreamDefaultController<Buffer> | undefined;
    const body = new ReadableStream<Buffer>({ start: (given) => void (controller = given) });
    const init = { method: 'POST', headers: ndjson, body, duplex: 'half' };
    const answer = served().get('/data', init as RequestInit);
    controller?.enqueue(Buffer.from('{"n":1}\n{"n":2}\n{"n":'));
    await until('the upload is read', () => served().memory.streams === 1);
    served().stopping.abort();
    const response = await answer;
    assert.equal(response.headers.get('Retry-After'), '1');
    assert.equal(((await response.clone().json()) as { inserted: number }).inserted, 2);
    assert.match(await assertProblem(response, 503, 'stopping'), /2 were stored/);
    assert.equal(((await (await served().get('/data')).json()) as unknown[]).length, 2);
    await assertProblem(await served().post('{}', ndjson), 503, 'stopping'); // a new upload, too
    controller?.close();
  });
});
