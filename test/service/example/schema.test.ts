import assert from 'node:assert/strict';
import { MongoClient } from 'mongodb';
import { service } from '../../../service/service';
import { assertProblem } from '../support/problem';
import { serve, serveForSuite } from '../support/serve';

const schema = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string' },
    value: { type: 'integer', minimum: 0 },
    at: { type: 'string', format: 'date-time' },
    list: { type: 'array', items: { type: 'string' } },
  },
  additionalProperties: false,
};

describe('SCHEMA', () => {
  const served = serveForSuite({ settings: { SCHEMA: JSON.stringify(schema) }, limits: { bodyBytes: 2_097_152 } });
  const send = (method: string, id: string, body: string): Promise<Response> =>
    served().get(`/data/${id}`, { method, headers: { 'Content-Type': 'application/json' }, body });
  const count = async (): Promise<number> => ((await (await served().get('/data')).json()) as unknown[]).length;

  it('refuses a document that does not fit, with all paths that are wrong', async () => {
    const response = await served().post({ name: 1, value: -1, other: true });
    const { errors } = (await response.clone().json()) as { errors: unknown };
    const detail = await assertProblem(response, 422, 'schema');
    assert.deepEqual(errors, [
      { path: '', message: 'must NOT have additional properties' },
      { path: '/name', message: 'must be string' },
      { path: '/value', message: 'must be >= 0' },
    ]);
    assert.match(
      detail,
      /^The body does not fit the schema: .*; \/name must be string; \/value must be >= 0\. Change it\.$/,
    );
  });

  it('takes one that fits, with or without an _id', async () => {
    assert.equal((await served().post({ name: 'a' })).status, 201);
    assert.equal((await served().post({ _id: 'mine', name: 'a', value: 1 })).status, 201);
  });

  it('stores nothing of an array with an item that does not fit', async () => {
    const before = await count();
    assert.match(await assertProblem(await served().post([{ name: 'a' }, {}]), 422, 'schema'), /^Item 1 /);
    assert.equal(await count(), before);
  });

  it('ends NDJSON at a line that does not fit', async () => {
    const response = await served().post('{"name":"x"}\n{"name":1}\n', { 'Content-Type': 'application/x-ndjson' });
    assert.match(await assertProblem(response, 422, 'schema'), /^Line 2 .*\/name must be string.* 1 were stored/);
  });

  it('holds for PUT, and for what a PATCH makes', async () => {
    await assertProblem(await send('PUT', 'put', '{"name":2}'), 422, 'schema');
    assert.equal((await send('PUT', 'put', '{"name":"a","value":1}')).status, 201);
    await assertProblem(await send('PATCH', 'put', '{"name":null}'), 422, 'schema');
    assert.equal((await send('PATCH', 'put', '{"value":2}')).status, 204);
    assert.equal(await (await served().get('/data/put')).text(), '{"_id":"put","name":"a","value":2}');
  });

  it('sees what other programs wrote as clients do', async () => {
    const client = await new MongoClient(served().uri).connect();
    const document = { _id: 'foreign', name: 'a', at: new Date(0) };
    await client.db().collection<typeof document>('data').insertOne(document);
    await client.close();
    assert.equal((await send('PATCH', 'foreign', '{"value":3}')).status, 204);
  });

  it('is not asked about a PATCH that MongoDB could not take', async () => {
    const client = await new MongoClient(served().uri).connect();
    const document = { _id: 'largest', name: 'x'.repeat(16_000_000) };
    await client.db().collection<typeof document>('data').insertOne(document);
    await client.close();
    const patch = JSON.stringify({ list: ['y'.repeat(2_000_000)] });
    await assertProblem(await send('PATCH', 'largest', patch), 422, 'too-large-document');
  });

  it('lists at most 20 faults, and looks for no more than the first of a large document', async () => {
    const errors = async (items: number): Promise<number> => {
      const response = await served().post({ name: 'a', list: Array.from({ length: items }, () => 1) });
      return ((await response.json()) as { errors: unknown[] }).errors.length;
    };
    assert.deepEqual([await errors(100), await errors(100_000)], [20, 1]);
  });

  it('takes no inherited name for a field', async () => {
    const own = { type: 'object', required: ['constructor'], properties: { toString: { type: 'string' } } };
    const app = await serve({ settings: { SCHEMA: JSON.stringify(own) } });
    try {
      await assertProblem(await app.post({}), 422, 'schema');
      assert.equal((await app.post({ constructor: 'Ferrari' })).status, 201);
    } finally {
      await app.close();
    }
  });

  it('is checked at the start, with all other variables', () => {
    const variables = { MONGODB_URI: 'mongodb://db', MAX_ITEMS: 'x', SCHEMA: '{"type":"objekt"}', INDEXES: 'a;$b' };
    assert.throws(
      () => service.readConfiguration(variables),
      (error: Error) => {
        assert.match(error.message, /^- MAX_ITEMS is 'x'/m);
        assert.match(error.message, /^- SCHEMA is wrong: .*type/m);
        assert.match(error.message, /^- INDEXES is wrong: '\$b' is no index/m);
        return true;
      },
    );
    const { settings } = service.readConfiguration({ MONGODB_URI: 'mongodb://db', INDEXES: 'a;-b,c', SCHEMA: '' });
    assert.deepEqual(settings, { INDEXES: 'a;-b,c' });
  });
});
