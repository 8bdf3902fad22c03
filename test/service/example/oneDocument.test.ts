import assert from 'node:assert/strict';
import { Decimal128, Long, MongoClient } from 'mongodb';
import { insertForeign } from '../support/database';
import { assertProblem } from '../support/problem';
import { serve, serveForSuite } from '../support/serve';
import { until } from '../support/until';

describe('/data/:id', () => {
  const served = serveForSuite();

  it('GET gives the document with an ETag, and 304 to those who have it', async () => {
    await served().post({ _id: 'etag', n: 1 });
    const first = await served().get('/data/etag');
    const etag = first.headers.get('ETag') ?? '';
    assert.deepEqual(await first.json(), { _id: 'etag', n: 1 });
    const again = await served().get('/data/etag', { headers: { 'If-None-Match': etag } });
    assert.equal(again.status, 304);
    assert.equal(await again.text(), '');
    assert.equal((await served().get('/data/etag', { headers: { 'If-None-Match': '"other"' } })).status, 200);
  });

  it('DELETE removes it, once', async () => {
    await served().post({ _id: 'gone' });
    const response = await served().get('/data/gone', { method: 'DELETE' });
    assert.equal(response.status, 204);
    assert.equal(await response.text(), '');
    await assertProblem(await served().get('/data/gone', { method: 'DELETE' }), 404, 'no-document');
    await assertProblem(await served().get('/data/gone'), 404, 'no-document');
  });

  const send = (method: string, id: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
    served().get(`/data/${id}`, { method, body, headers: { 'Content-Type': 'application/json', ...headers } });
  const stored = async (id: string): Promise<string> => (await served().get(`/data/${id}`)).text();

  it('PUT creates a document, and replaces it', async () => {
    const created = await send('PUT', 'put', '{"a":1,"b":{"c":2}}');
    assert.equal(created.status, 201);
    assert.equal(created.headers.get('Location'), '/data/put');
    assert.equal(await created.text(), '{"id":"put"}');
    assert.equal((await send('PUT', 'put', '{"_id":"put","10":1,"z":-0}')).status, 204);
    assert.equal(await stored('put'), '{"_id":"put","10":1,"z":-0}');
    await assertProblem(await send('PUT', 'put', '{"_id":"other"}'), 422, 'other-id');
    await assertProblem(await send('PUT', 'put', '[]'), 422, 'bad-document');
    await assertProblem(await send('PUT', 'put', 'a', { 'Content-Type': 'text/plain' }), 415, 'unsupported-type');
  });

  it('PATCH merges, removes fields by null, and keeps what other programs wrote', async () => {
    const client = await new MongoClient(served().uri).connect();
    const fields = {
      date: new Date(0),
      price: Decimal128.fromString('1.50'),
      big: Long.fromString('9007199254740993'),
    };
    await client
      .db()
      .collection<{ _id: string }>('data')
      .insertOne({ _id: 'patch', a: { x: 1, y: [1] }, gone: 1, ...fields } as never);
    await client.close();
    const patch = '{"a":{"y":[2],"z":null,"w":{"v":null,"u":1}},"gone":null,"__proto__":{"p":1}}';
    assert.equal((await send('PATCH', 'patch', patch, { 'Content-Type': 'application/merge-patch+json' })).status, 204);
    assert.equal(
      await stored('patch'),
      '{"_id":"patch","a":{"x":1,"y":[2],"w":{"u":1}},"date":"1970-01-01T00:00:00.000Z","price":"1.50","big":"9007199254740993","__proto__":{"p":1}}',
    );
    await assertProblem(await send('PATCH', 'nobody', '{}'), 404, 'no-document');
    const refused = await send('PATCH', 'patch', '{}', { 'Content-Type': 'text/plain' });
    assert.equal(refused.headers.get('Accept-Patch'), 'application/merge-patch+json, application/json');
  });

  it('PATCH merges objects that look like references, and keeps the order of names', async () => {
    const reference = '{"$id":1,"$ref":"a","$db":null,"x":1}';
    const document = `{"ref":${reference},"list":[${reference}]}`;
    assert.equal((await send('PUT', 'references', document)).status, 201);
    assert.equal(
      (await send('PATCH', 'references', '{"ref":{"x":2,"$id":null},"new":{"$ref":"b","$id":1}}')).status,
      204,
    );
    assert.equal(
      await stored('references'),
      `{"_id":"references","ref":{"$ref":"a","$db":null,"x":2},"list":[${reference}],"new":{"$ref":"b","$id":1}}`,
    );
    const odd = new Map<string, unknown>([
      ['_id', 'odd'],
      ['b', new Map(Object.entries({ c: 1 }).concat([['1', 2]]))],
      ['1', 2],
    ]);
    await insertForeign(served().uri, odd);
    assert.equal((await send('PATCH', 'odd', '{"b":{"d":3},"0":4}')).status, 204);
    assert.equal(await stored('odd'), '{"_id":"odd","b":{"c":1,"1":2,"d":3},"1":2,"0":4}');
  });

  for (const [what, fields] of [
    ['a text that is not UTF-8', [['text', '\ufffd']]],
    ['nesting beyond that of JSON', [['nested', JSON.parse(`${'['.repeat(170)}${']'.repeat(170)}`) as unknown]]],
  ] as const) {
    it(`refuses to change a document of another program with ${what}, and replaces or deletes it`, async () => {
      for (const method of ['PUT', 'DELETE', 'PATCH']) {
        const id = `foreign ${what} ${method}`;
        const attempt = (headers: Record<string, string> = {}): Promise<Response> => {
          const body = method === 'DELETE' ? null : '{"n":1}';
          return served().get(`/data/${id}`, {
            method,
            body,
            headers: { 'Content-Type': 'application/json', ...headers },
          });
        };
        await insertForeign(served().uri, new Map<string, unknown>([['_id', id], ...fields]));
        const before = await stored(id);
        const detail = await assertProblem(await attempt({ 'If-Match': '*' }), 422, 'foreign-document');
        assert.match(detail, /names, texts or nesting that only other programs keep/);
        assert.equal(await stored(id), before);
        if (method === 'PATCH') await assertProblem(await attempt(), 422, 'foreign-document');
        else assert.equal((await attempt()).status, 204);
      }
    });
  }

  it('counts the JSON of a large document', async () => {
    const text = '\u0001'.repeat(2_000_000);
    await served().database.run((db) =>
      db.collection<{ _id: string }>('data').insertOne({ _id: 'escaped', text } as never),
    );
    const { reserveStream } = served().memory;
    let counted = 0;
    served().memory.reserveStream = function (response) {
      const resize = reserveStream.call(this, response);
      return (bytes) => resize((counted = bytes));
    };
    try {
      assert.equal((await stored('escaped')).length, counted);
    } finally {
      served().memory.reserveStream = reserveStream;
    }
  });

  it('PUT and PATCH answer with the ETag that GET has', async () => {
    for (const [method, body] of [
      ['PUT', '{"b":1,"1":2,"_id":"tag"}'],
      ['PUT', '{"x":[1.5,"a"]}'],
      ['PATCH', '{"7":{"y":null}}'],
    ] as const) {
      const written = await send(method, 'tag', body);
      assert.equal((await served().get('/data/tag')).headers.get('ETag'), written.headers.get('ETag'), body);
    }
  });

  for (const method of ['PUT', 'PATCH', 'DELETE'] as const) {
    it(`${method} heeds If-Match and If-None-Match`, async () => {
      const id = `conditional-${method}`;
      await served().post({ _id: id });
      const etag = (await served().get(`/data/${id}`)).headers.get('ETag') ?? '';
      const attempt = (headers: Record<string, string>): Promise<Response> =>
        method === 'DELETE' ? served().get(`/data/${id}`, { method, headers }) : send(method, id, '{"n":1}', headers);
      await assertProblem(await attempt({ 'If-Match': '"other"' }), 412, 'precondition-failed');
      await assertProblem(await attempt({ 'If-Match': `W/${etag}` }), 412, 'precondition-failed');
      await assertProblem(await attempt({ 'If-Match': '' }), 412, 'precondition-failed');
      await assertProblem(await attempt({ 'If-None-Match': '*' }), 412, 'precondition-failed');
      await assertProblem(await attempt({ 'If-None-Match': `"a,b", W/${etag}` }), 412, 'precondition-failed');
      assert.equal(await stored(id), `{"_id":"${id}"}`);
      assert.equal((await attempt({ 'If-Match': `"other", ${etag}` })).status, 204);
      if (method === 'PUT')
        await assertProblem(await send('PUT', 'new-one', '{}', { 'If-Match': '*' }), 412, 'precondition-failed');
    });
  }

  it('GET answers 412 to a false If-Match, and 304 to a weak If-None-Match', async () => {
    await served().post({ _id: 'get' });
    const etag = (await served().get('/data/get')).headers.get('ETag') ?? '';
    await assertProblem(
      await served().get('/data/get', { headers: { 'If-Match': '"other"' } }),
      412,
      'precondition-failed',
    );
    assert.equal((await served().get('/data/get', { headers: { 'If-None-Match': `W/${etag}` } })).status, 304);
  });

  it('ignores conditions on dates, as documents have none', async () => {
    await served().post({ _id: 'dates' });
    const [now, past] = [new Date().toUTCString(), new Date(0).toUTCString()];
    assert.equal((await served().get('/data/dates', { headers: { 'If-Modified-Since': now } })).status, 200);
    for (const [method, status] of [
      ['GET', 200],
      ['DELETE', 204],
    ] as const)
      assert.equal(
        (await served().get('/data/dates', { method, headers: { 'If-Unmodified-Since': past } })).status,
        status,
      );
  });

  it('loses no change of many PATCHes at once', async () => {
    await served().post({ _id: 'many' });
    const names = Array.from({ length: 8 }, (_none, index) => `f${index}`);
    const statuses = await Promise.all(
      names.map(async (name) => (await send('PATCH', 'many', `{"${name}":1}`)).status),
    );
    const fields = Object.keys(JSON.parse(await stored('many')) as object);
    assert.deepEqual(
      fields.filter((name) => name !== '_id').sort(),
      names.filter((_name, index) => statuses[index] === 204),
    );
    assert.ok(
      statuses.every((status) => status === 204 || status === 409),
      String(statuses),
    );
  });

  it('refuses to send more than there is memory for, and still changes it', async () => {
    await served().post({ _id: 'large', text: 'x'.repeat(10_000) });
    const small = await serve({ uri: served().uri, limits: { memoryBytes: 100_000 } });
    try {
      const headers = { 'Content-Type': 'application/json' };
      const merge = { method: 'PATCH', headers, body: '{}' };
      await assertProblem(await small.get('/data/large'), 503, 'overloaded');
      assert.equal((await small.get('/data/large', merge)).status, 204);
      const condition = { method: 'DELETE', headers: { 'If-Match': '*' } };
      assert.equal((await small.get('/data/large', condition)).status, 204);
    } finally {
      await small.close();
    }
  });

  it('returns, changes and removes large documents of other programs', async () => {
    const client = await new MongoClient(served().uri).connect();
    const large = async (megabytes: number): Promise<void> => {
      const document = { text: 'x'.repeat(megabytes * 1_000_000) };
      const collection = client.db().collection<{ _id: string }>('data');
      await collection.replaceOne({ _id: 'largest' }, document, { upsert: true });
    };
    try {
      await large(7);
      assert.equal((await send('PATCH', 'largest', '{"n":1}')).status, 204);
      await large(15);
      assert.equal((await send('PUT', 'largest', '{}', { 'If-Match': '*' })).status, 204);
      await large(15);
      assert.equal((await stored('largest')).length, 15_000_027);
      await assertProblem(await send('PATCH', 'largest', '{"n":1}'), 422, 'too-large-document');
      const response = await served().get('/data/largest', { method: 'DELETE', headers: { 'If-Match': '*' } });
      assert.equal(response.status, 204);
    } finally {
      await client.close();
    }
  });

  it('refuses what an index or a validator of another program does', async () => {
    const own = await serve();
    const headers = { 'Content-Type': 'application/json' };
    const attempt = (method: string, path: string, body: string): Promise<Response> =>
      own.get(path, { method, headers, body });
    try {
      await own.post([
        { _id: 'one', u: 1 },
        { _id: 'two', u: 2 },
      ]);
      await own.database.run(async (db) => {
        await db.collection('data').createIndex({ u: 1 }, { unique: true, sparse: true });
        await db.command({ collMod: 'data', validator: { n: { $not: { $gt: 10 } } } });
      });
      for (const body of ['{"u":2}', '{"n":11}'])
        for (const [method, path] of [
          ['POST', '/data'],
          ['PUT', '/data/three'],
          ['PUT', '/data/one'],
          ['PATCH', '/data/one'],
        ] as const)
          await assertProblem(await attempt(method, path, body), 422, 'refused-document');
    } finally {
      await own.close();
    }
  });

  it('refuses ids that a path leads elsewhere by', async () => {
    for (const _id of ['.', '..']) await assertProblem(await served().post({ _id }), 422, 'bad-id');
    assert.equal((await served().post({ _id: '...' })).status, 201);
  });

  it('refuses an id that none can be', async () => {
    await assertProblem(await served().get(`/data/${'x'.repeat(257)}`), 422, 'bad-id');
    await assertProblem(await served().get('/data/%00'), 422, 'bad-id');
  });

  for (const [method, what, held, body, condition] of [
    ['PUT', 'what its body becomes', 1_000_000, '{}', {}],
    ['PATCH', 'what its body becomes', 1_000_000, '{}', {}],
    ['PUT', 'the document that it compares', 100_000, '{}', { 'If-Match': '*' }],
    ['PATCH', 'the document that it compares', 100_000, '{}', { 'If-Match': '*' }],
    ['DELETE', 'the document that it compares', 100_000, null, { 'If-Match': '*' }],
  ] as const) {
    it(`${method} waits for memory for ${what}`, async () => {
      const own = await serve({ limits: { memoryBytes: 2_000_000 } }); // of which a half is for tasks
      await own.post({ _id: 'a', text: 'x'.repeat(60_000) });
      let end = (): void => {};
      const holder = own.memory.use(held, () => new Promise<void>((resolve) => (end = resolve)));
      const { use } = own.memory;
      let [asked, runs] = [false, false];
      own.memory.use = (bytes, task, options) => {
        asked = true;
        const run = (): ReturnType<typeof task> => {
          runs = true;
          return task();
        };
        return use.call(own.memory, bytes, run, options) as ReturnType<typeof task>;
      };
      try {
        const headers = { 'Content-Type': 'application/json', ...condition };
        const answer = own.get('/data/a', { method, body, headers });
        await until('it asks for memory', () => asked);
        assert.equal(runs, false);
        end();
        assert.equal((await answer).status, 204);
      } finally {
        end();
        await holder;
        await own.close();
      }
    });
  }
});
