import assert from 'node:assert/strict';
import { MongoClient } from 'mongodb';
import { assertProblem } from '../support/problem';
import { serveForSuite } from '../support/serve';

describe('a write that the database does not finish in time', () => {
  const served = serveForSuite({ limits: { databaseMs: 300 } });
  let client: MongoClient;
  before(async () => {
    const answer = await served().post({ _id: 'known' }, { 'Idempotency-Key': 'before' }); // makes the keys' index
    assert.equal(answer.status, 201);
    client = await MongoClient.connect(served().uri);
    await client.db('admin').command({ fsync: 1, lock: true }); // reads go on, writes wait
  });
  after(async () => {
    await client.db('admin').command({ fsyncUnlock: 1 });
    await client.close();
  });

  const json = { 'Content-Type': 'application/json' };
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
      const begin = performance.now();
      const response = await served().get(path, { method, headers, ...(body !== undefined && { body }) });
      await assertProblem(response, 504, 'database-timeout');
      assert.ok(performance.now() - begin < 1500, 'and not by the service, which waits longer');
    });
  }
});
