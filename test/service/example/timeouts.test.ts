import assert from 'node:assert/strict';
import { MongoClient } from 'mongodb';
import { until } from '../../../stack/cluster/until';
import { assertProblem } from '../support/problem';
import { serveForSuite } from '../support/serve';

const json = { 'Content-Type': 'application/json' };

describe('a write that the database does not finish in time', () => {
  const served = serveForSuite({ limits: { databaseMs: 300 } });
  let client: MongoClient;
  before(async () => {
    const store = (): Promise<Response> => served().post({ _id: 'known' }, { 'Idempotency-Key': 'before' });
    await until("it is connected, and has made the keys' index", async () => (await store()).status === 201);
    client = await MongoClient.connect(served().uri);
    await client.db('admin').command({ fsync: 1, lock: true }); // reads go on, writes wait
  });
  after(async () => {
    await client.db('admin').command({ fsyncUnlock: 1 });
    await client.close();
  });

  for (const [what, method, path, body, headers] of [
    ['an object', 'POST', '/data', '{}', json],
    ['an array', 'POST', '/data', '[{},{}]', json],
    ['NDJSON', 'POST', '/data', '{}\n{}\n', { 'Content-Type': 'application/x-ndjson' }],
    ['an object with an Idempotency-Key', 'POST', '/data', '{}', { ...json, 'Idempotency-Key': 'key' }],
    ['PUT of a new document', 'PUT', '/data/new', '{}', json],
    ['PUT of one that is there', 'PUT', '/data/known', '{"a":1}', json],
    ['PATCH', 'PATCH', '/data/known', '{"a":1}', json],
    ['DELETE', 'DELETE', '/data/known', undefined, {}],
  ] as const) {
    it(`is ended by it, and 504: ${what}`, async () => {
      const response = await served().get(path, { method, headers, ...(body !== undefined && { body }) });
      await assertProblem(response, 504, 'database-timeout');
    });
  }
});

describe('commands to the database', () => {
  const served = serveForSuite();

  it('all have its limit of time', async () => {
    const send = async (method: string, path: string, body?: string, headers: object = {}): Promise<void> => {
      const response = await served().get(path, { method, headers: { ...json, ...headers }, ...(body && { body }) });
      assert.ok(response.status < 300, `${method} ${path} is ${response.status}`);
      await response.text();
    };
    const client = await MongoClient.connect(served().uri);
    const db = client.db();
    try {
      await db.command({ profile: 2 }); // records each command
      await send('POST', '/data', '{"_id":"a"}');
      await send('POST', '/data', '[{},{}]', { 'Idempotency-Key': 'key' });
      await send('POST', '/data', '{}', { 'Content-Type': 'application/x-ndjson' });
      await send('GET', '/', undefined, { Accept: 'text/html' });
      await send('GET', '/data');
      await send('GET', '/data?limit=1&sort=a&total=true');
      await send('GET', '/data/a');
      await send('PATCH', '/data/a', '{"b":1}');
      await send('PUT', '/data/a', '{}', { 'If-Match': '*' });
      await send('DELETE', '/data/a', undefined, { 'If-Match': '*' });
      const changes = new AbortController();
      await served().get('/data/changes', { signal: changes.signal });
      changes.abort();
      await db.command({ profile: 0 });
      const commands = await db.collection('system.profile').find({ appName: 'web' }).toArray();
      // Those of updates and deletions are recorded without it.
      const limits = commands.flatMap(({ op, command }) =>
        op === 'update' || op === 'remove' || op === 'getmore'
          ? []
          : [`${Object.keys(command)[0]} ${command.maxTimeMS}`],
      );
      assert.deepEqual([...new Set(limits)].sort(), [
        'aggregate 4000',
        'createIndexes 4000',
        'find 4000',
        'findAndModify 4000',
        'insert 4000',
      ]);
    } finally {
      await client.close();
    }
  });
});
