import assert from 'node:assert/strict';
import { Decimal128, Double, Long, MaxKey, MinKey, MongoClient, ObjectId } from 'mongodb';
import { after as following, parseSort, positionAt } from '../../../service/example/query';
import { emptyDatabase, firstStartMs } from '../support/database';
import { serve } from '../support/serve';

describe('after', function () {
  this.timeout(firstStartMs);
  let client: MongoClient;
  before(async () => {
    client = await new MongoClient(await emptyDatabase()).connect();
  });
  after(() => client.close());

  const [minKey, maxKey] = [new MinKey(), new MaxKey()];
  const ids = [minKey, 1, 2.5, 'a', 'b', { o: 1 }, new ObjectId(), new ObjectId(), true, new Date(0), maxKey];
  const numbers = [1, new Double(2), Long.fromNumber(2), Decimal128.fromString('1.5')];
  const values = [maxKey, undefined, null, ...numbers, 'x', 'x', null, minKey];

  for (const sort of ['', '-_id', 'v', '-v', 'v,-w', 'constructor,w'] as const) {
    it(`finds documents of all types after each place of the sort '${sort}'`, async () => {
      const data = client.db().collection<{ _id: unknown }>('data');
      await data.deleteMany({});
      const documents = ids.map((_id, index) => ({
        _id,
        w: index % 2,
        ...(values[index] !== undefined && { v: values[index] }),
      }));
      await data.insertMany(documents as never);
      const order = parseSort(sort === '' ? undefined : sort);
      const find = (filter: object) =>
        data
          .find(filter, { raw: true })
          .sort(Object.fromEntries(order) as never)
          .toArray() as unknown as Promise<Buffer[]>;
      const all = await find({});
      for (const [index, document] of all.entries()) {
        const found = await find(following(positionAt(document, 0, order), order));
        assert.deepEqual(found, all.slice(index + 1));
      }
    });
  }

  it('reads no more of the index of _id than it needs', async () => {
    const data = client.db().collection<{ _id: number }>('indexed');
    await data.insertMany(Array.from({ length: 1000 }, (_none, _id) => ({ _id })));
    const order = parseSort(undefined);
    const found = data
      .find(following([899], order))
      .sort({ _id: 1 })
      .limit(10);
    const { executionStats } = await found.explain('executionStats');
    assert.deepEqual([executionStats.nReturned, executionStats.totalKeysExamined <= 11], [10, true]);
  });
});

describe('scan', () => {
  it('finds the ids of all types, in their order, whatever the batches', async function () {
    this.timeout(firstStartMs);
    const served = await serve();
    const make = (id: (n: number) => unknown, count = 150) => Array.from({ length: count }, (_, n) => ({ _id: id(n) }));
    const all = [
      ...make((n) => n / 2),
      ...make((n) => `a${String(n).padStart(4, '0')}`, 500),
      ...make((n) => ({ n })),
      ...make(() => new ObjectId()),
      ...make((n) => n > 0, 2),
      ...make((n) => new Date(n)),
    ];
    await served.database.run((db) => db.collection<{ _id: unknown }>('data').insertMany(all as never));
    const expected = all.map(({ _id }) => JSON.parse(JSON.stringify(_id)) as unknown);
    for (const [query, count] of [
      ['', all.length],
      ['?limit=1000', 1000],
    ] as const) {
      const found = (await (await served.get(`/data${query}`)).json()) as { _id: unknown }[];
      assert.deepEqual(
        found.map(({ _id }) => _id),
        expected.slice(0, count),
      );
    }
    await served.close();
  });
});
