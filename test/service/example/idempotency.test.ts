import assert from 'node:assert/strict';
import { Collection } from 'mongodb';
import { assertProblem } from '../support/problem';
import { serveForSuite } from '../support/serve';

describe('POST /data with an Idempotency-Key', () => {
  const served = serveForSuite();
  const post = (key: string, body: unknown): Promise<Response> => served().post(body, { 'Idempotency-Key': key });
  const count = async (): Promise<number> => ((await (await served().get('/data')).json()) as unknown[]).length;

  it('answers a repeated request as the first one, and stores nothing twice', async () => {
    const before = await count();
    const first = await post('one', { n: 1 });
    const second = await post('one', { n: 1 });
    assert.equal(first.status, 201);
    assert.equal(second.status, 201);
    assert.equal(second.headers.get('Location'), first.headers.get('Location'));
    assert.equal(await second.text(), await first.text());
    assert.equal(await count(), before + 1);
  });

  it('does so for attempts that run at the same time', async () => {
    const before = await count();
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => (await post('race', [{ n: 1 }, { n: 2 }])).text()),
    );
    assert.deepEqual(new Set(answers), new Set([answers[0]]));
    assert.equal(await count(), before + 2);
  });

  it('does not store again what was deleted since', async () => {
    const { id } = (await (await post('gone', { n: 1 })).json()) as { id: string };
    await served().get(`/data/${id}`, { method: 'DELETE' });
    assert.equal((await post('gone', { n: 1 })).status, 201);
    assert.equal((await served().get(`/data/${id}`)).status, 404);
  });

  it('finishes an attempt that broke off after its insert', async () => {
    // As that attempt left it: the documents are there, and the key's answer is not.
    const first = await (await post('broken', [{ n: 1 }, { _id: 'own', n: 2 }])).text();
    await served().database.run((db) =>
      db.collection('idempotency').updateOne({ _id: 'broken' as never }, { $unset: { answer: 1 } }),
    );
    const before = await count();
    assert.equal(await (await post('broken', [{ n: 1 }, { _id: 'own', n: 2 }])).text(), first);
    assert.equal(await count(), before);
  });

  it('finds its own document, though another client has changed it since', async () => {
    const first = await post('changed', { n: 1 });
    const path = first.headers.get('Location') ?? '';
    await served().database.run((db) =>
      db.collection('idempotency').updateOne({ _id: 'changed' as never }, { $unset: { answer: 1 } }),
    );
    const headers = { 'Content-Type': 'application/json' };
    assert.equal((await served().get(path, { method: 'PATCH', headers, body: '{"n":2}' })).status, 204);
    assert.equal(await (await post('changed', { n: 1 })).text(), await first.text());
  });

  it('reads no document of another size than its own, and none with an id that it generated', async () => {
    const body = [{ _id: 'replaced', n: 1 }, { n: 2 }];
    await post('replaced', body);
    await served().database.run(async (db) => {
      await db.collection('idempotency').updateOne({ _id: 'replaced' as never }, { $unset: { answer: 1 } });
      await db.collection('data').replaceOne({ _id: 'replaced' as never }, { text: 'x'.repeat(100_000) });
    });
    const { findOne } = Collection.prototype;
    const found: unknown[] = [];
    Collection.prototype.findOne = async function (this: Collection, ...args: Parameters<typeof findOne>) {
      const document = await findOne.apply(this, args);
      found.push(document);
      return document;
    } as typeof findOne;
    try {
      const { inserted } = (await (await post('replaced', body)).json()) as { inserted: number };
      assert.equal(inserted, 1);
      assert.deepEqual(found, [null]);
    } finally {
      Collection.prototype.findOne = findOne;
    }
  });

  it('is forgotten after a day', async () => {
    await post('kept', {});
    const [record, indexes] = await served().database.run(async (db) => {
      const keys = db.collection<{ _id: string; expiresAt: Date }>('idempotency');
      return [await keys.findOne({ _id: 'kept' }), await keys.indexes()] as const;
    });
    const hours = (Number(record?.expiresAt) - Date.now()) / 3_600_000;
    assert.ok(hours > 23.9 && hours <= 24, String(hours));
    assert.equal(indexes.find(({ key }) => 'expiresAt' in key)?.expireAfterSeconds, 0);
  });

  it('refuses the key with another body', async () => {
    await post('other', { n: 1 });
    await assertProblem(await post('other', { n: 2 }), 422, 'key-reused');
  });

  it("still reports that another client's document has the _id", async () => {
    await served().post({ _id: 'theirs', n: 1 });
    await assertProblem(await post('mine', { _id: 'theirs', n: 2 }), 409, 'duplicate-id');
    await assertProblem(await post('equal', { _id: 'theirs', n: 1 }), 409, 'duplicate-id');
    await assertProblem(await post('equal', { _id: 'theirs', n: 1 }), 409, 'duplicate-id');
  });

  it('stores the first of two items with the same _id, and reports the second', async () => {
    const response = await post('twice', [{ _id: 'same' }, { _id: 'same' }]);
    assert.equal(response.status, 207);
    const { inserted, errors } = (await response.json()) as {
      inserted: number;
      errors: { index: number; status: number }[];
    };
    assert.deepEqual([inserted, errors.map(({ index, status }) => [index, status])], [1, [[1, 409]]]);
  });

  it('takes a quoted key for its content', async () => {
    const { id } = (await (await post('quoted', { n: 1 })).json()) as { id: string };
    assert.deepEqual(await (await post('"quoted"', { n: 1 })).json(), { id });
  });

  it('refuses a key that is none', async () => {
    for (const key of ['two words', '', '""', '"two words"']) await assertProblem(await post(key, {}), 400, 'bad-key');
  });
});
