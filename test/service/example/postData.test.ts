import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type BulkWriteResult, Collection, MongoBulkWriteError } from 'mongodb';
import { assertProblem } from '../support/problem';
import { serve, serveForSuite } from '../support/serve';

describe('POST /data', () => {
  const served = serveForSuite({ limits: { bodyBytes: 4096, items: 5, depth: 4 } });
  const stored = async (id: string): Promise<unknown> => (await served().get(`/data/${encodeURIComponent(id)}`)).json();

  it('stores an object and returns its location', async () => {
    const response = await served().post({ name: 'test', value: 123 });
    const { id } = (await response.json()) as { id: string };
    assert.equal(response.status, 201);
    assert.match(id, /^[0-9a-f]{24}$/);
    assert.equal(response.headers.get('Location'), `/data/${id}`);
    assert.deepEqual(await stored(id), { _id: id, name: 'test', value: 123 });
  });

  it('stores many objects that come at once, each under an id of its own', async () => {
    const ids = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const response = await served().post({ index });
        return [index, ((await response.json()) as { id: string }).id] as const;
      }),
    );
    assert.equal(new Set(ids.map(([, id]) => id)).size, 200);
    for (const [index, id] of ids) assert.deepEqual(await stored(id), { _id: id, index });
  });

  it("takes an _id of the client's own, once", async () => {
    assert.equal((await served().post({ _id: 'a/b ü', n: 1 })).status, 201);
    assert.deepEqual(await stored('a/b ü'), { _id: 'a/b ü', n: 1 });
    const detail = await assertProblem(await served().post({ _id: 'a/b ü', n: 2 }), 409, 'duplicate-id');
    assert.match(detail, /'a\/b ü'/);
    assert.deepEqual(await stored('a/b ü'), { _id: 'a/b ü', n: 1 });
  });

  it('fails only the duplicate among objects that come at once', async () => {
    const statuses = await Promise.all(['x', 'y', 'x', 'z'].map(async (_id) => (await served().post({ _id })).status));
    assert.deepEqual(statuses.sort(), [201, 201, 201, 409]);
  });

  it('stores names that are operators, paths and prototypes as data', async () => {
    const text = '{"_id":"names","$where":"1","a.b":2,"":3,"__proto__":{"constructor":4},"toString":5}';
    assert.equal((await served().post(text)).status, 201);
    const back = await (await served().get('/data/names')).text();
    assert.deepEqual(JSON.parse(back), JSON.parse(text));
  });

  it('stores an array by one command, with ids in its order', async () => {
    const response = await served().post([{ n: 1 }, { _id: 'mine' }, { n: 3 }]);
    const { inserted, ids } = (await response.json()) as { inserted: number; ids: string[] };
    assert.equal(response.status, 201);
    assert.equal(inserted, 3);
    assert.equal(ids[1], 'mine');
    assert.deepEqual(await stored(ids[2] ?? ''), { _id: ids[2], n: 3 });
  });

  it('is 503 when a majority has not confirmed it, beside a duplicate too', async () => {
    const { insertMany } = Collection.prototype;
    Collection.prototype.insertMany = async () => {
      const writeErrors = [{ index: 0, code: 11000, errmsg: 'E11000 duplicate key error, index: _id_ dup key' }];
      const unconfirmed = { toJSON: () => ({ code: 64, errmsg: 'waiting for replication timed out' }) };
      const result = { getWriteConcernError: () => unconfirmed, getWriteErrors: () => writeErrors };
      const error = { message: 'E11000', code: 11000, writeErrors };
      throw new MongoBulkWriteError(error as never, result as unknown as BulkWriteResult);
    };
    try {
      await assertProblem(await served().post([{ _id: 'there' }, {}]), 503, 'database-away');
    } finally {
      Collection.prototype.insertMany = insertMany;
    }
  });

  it('reports the failed items of an array, and stores the others', async () => {
    await served().post({ _id: 'taken' });
    const response = await served().post([{ _id: 'free-1' }, { _id: 'taken' }, { _id: 'free-2' }]);
    const answer = (await response.json()) as {
      inserted: number;
      ids: unknown[];
      errors: { index: number; status: number }[];
    };
    assert.equal(response.status, 207);
    assert.equal(answer.inserted, 2);
    assert.deepEqual(answer.ids, ['free-1', null, 'free-2']);
    assert.deepEqual(
      answer.errors.map(({ index, status }) => [index, status]),
      [[1, 409]],
    );
    assert.equal((await served().get('/data/free-2')).status, 200);
  });

  for (const [title, body, status, kind] of [
    ['text that is not JSON', '{"a":', 400, 'bad-json'],
    ['nothing', '', 400, 'bad-json'],
    ['a number', '1', 422, 'bad-document'],
    ['null', 'null', 422, 'bad-document'],
    ['an array with a text in it', '[{},"x"]', 422, 'bad-document'],
    ['an _id that is not a string', '{"_id":{"$gt":""}}', 422, 'bad-document'],
    ['an empty _id', '{"_id":""}', 422, 'bad-id'],
    ['a name with NUL', '{"a\\u0000b":1}', 422, 'bad-document'],
    ['a name that the driver takes for a class', '{"x":{"_bsontype":"ObjectId"}}', 422, 'bad-document'],
    ['half a surrogate pair', '{"x":"\\ud800"}', 422, 'bad-document'],
    ['an integer that would be rounded', '{"x":9007199254740993}', 422, 'inexact-number'],
    ['a number beyond all floats', '{"x":1e400}', 422, 'inexact-number'],
    ['a number below all floats', '{"x":1e-400}', 422, 'inexact-number'],
    ['a rounded integer with a fraction', '{"x":9007199254740993.0}', 422, 'inexact-number'],
    ['a rounded integer with an exponent', '{"x":9.007199254740993e15}', 422, 'inexact-number'],
    ['an integer whose printed form differs', '{"x":12345678901234567168}', 422, 'inexact-number'],
    ['a rounded integer with a fraction of 0', '{"x":12345678901234567890.0}', 422, 'inexact-number'],
    ['30 digits after the point', '{"x":0.100000000000000000000000000001}', 422, 'inexact-number'],
    ['a name twice in an object', '{"a":{"x":1,"y":"a:b","\\u0078":2}}', 422, 'repeated-name'],
    ['a name twice in an item of an array', '[{"x":1},{"x":1,"x":1}]', 422, 'repeated-name'],
    ['an array nested beyond the call stack', `${'['.repeat(1500)}${']'.repeat(1500)}`, 422, 'bad-document'],
    ['deep nesting', '{"x":[[[[1]]]]}', 422, 'bad-document'],
    ['too many items', '[{},{},{},{},{},{}]', 413, 'too-many'],
    ['a body that is too large', JSON.stringify({ x: 'y'.repeat(5000) }), 413, 'too-large'],
  ] as const) {
    it(`refuses ${title}`, async () => {
      await assertProblem(await served().post(body), status, kind);
    });
  }

  for (const [item, kind] of [
    ['{"x":9007199254740993}', 'inexact-number'],
    ['{"x":1,"x":1}', 'repeated-name'],
    ['{"x":"\\ud800"}', 'bad-document'],
    ['{"x":[[[[1]]]]}', 'bad-document'],
    ['{"_id":1}', 'bad-document'],
    ['{"_id":""}', 'bad-id'],
    ['{"_id":".."}', 'bad-id'],
  ] as const) {
    it(`names the item of an array, and the line, that is ${item}`, async () => {
      const others = ['{"a":[1,2]}', '{"b":",["}'];
      const detail = await assertProblem(await served().post(`[${[...others, item].join()}]`), 422, kind);
      assert.match(detail, /^Item 2 /);
      const lines = await served().post([...others, item].join('\n'), { 'Content-Type': 'application/x-ndjson' });
      assert.match(await assertProblem(lines, 422, kind), /^Line 3 /);
    });
  }

  for (const number of [
    '-0',
    '1E+3',
    '0.1',
    '1.50',
    '123456789012345680000',
    '5e-324',
    '1.7976931348623157e308',
    '9007199254740992',
  ]) {
    it(`returns the number ${number} as an equal one`, async () => {
      const { id } = (await (await served().post(`{"x":${number},"text":"12345678901234567890 : {"}`)).json()) as {
        id: string;
      };
      const text = await (await served().get(`/data/${id}`)).text();
      const returned = /"x":([^,]+),/.exec(text)?.[1] ?? '';
      assert.ok(Object.is(Number(returned), Number(number)), text);
    });
  }

  it('refuses a large body without a length once it is too large', async () => {
    const body = new Blob(['{"x":"', 'y'.repeat(10_000), '"}']).stream();
    const init = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
      duplex: 'half',
    } as RequestInit;
    await assertProblem(await served().get('/data', init), 413, 'too-large');
  });

  it('reports a byte order mark, which is invisible', async () => {
    assert.match(
      await assertProblem(await served().post('\ufeff{}'), 400, 'bad-json'),
      /begins with a byte order mark/,
    );
  });

  it('refuses what is not UTF-8', async () => {
    const init = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: Buffer.from([0x22, 0xff, 0x22]),
    };
    await assertProblem(await served().get('/data', init), 400, 'bad-encoding');
  });

  it('refuses other types and encodings, and names the accepted ones', async () => {
    const response = await served().post('a=1', { 'Content-Type': 'application/x-www-form-urlencoded' });
    assert.equal(response.headers.get('Accept'), 'application/json, application/x-ndjson');
    await assertProblem(response, 415, 'unsupported-type');
    await assertProblem(await served().post({}, { 'Content-Encoding': 'gzip' }), 415, 'unsupported-encoding');
  });

  it('gives up on a body that does not come', async () => {
    const own = await serve({ limits: { bodyMs: 300 } });
    const socket = connect(own.port, '127.0.0.1');
    socket.write('POST /data HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
    let reply = '';
    socket.on('data', (chunk: Buffer) => {
      reply += chunk.toString();
    });
    await once(socket, 'close');
    assert.match(reply, /^HTTP\/1\.1 408 .*slow-body/s);
    await own.close();
  });
});
