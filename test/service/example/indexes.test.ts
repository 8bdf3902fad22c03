import assert from 'node:assert/strict';
import { MongoClient } from 'mongodb';
import pino from 'pino';
import { createIndexes, parseIndexes } from '../../../service/example/indexes';
import { limitsOf } from '../../../service/platform/configuration';
import { Database } from '../../../service/platform/database';
import { MemoryBudget } from '../../../service/platform/memory';
import { service } from '../../../service/service';
import { until } from '../../../stack/cluster/until';
import { emptyDatabase, firstStartMs, startOwnDatabase } from '../support/database';
import { serve } from '../support/serve';

describe('INDEXES', function () {
  this.timeout(firstStartMs);

  it('are created in the background when the service starts', async () => {
    const app = await serve({ settings: { INDEXES: 'name;-created,name' } });
    const client = await new MongoClient(app.uri).connect();
    const keys = (): Promise<unknown[]> =>
      client
        .db()
        .collection('data')
        .indexes()
        .then(
          (indexes) => indexes.map(({ key }) => key),
          () => [], // no collection yet
        );
    await until('three indexes', async () => (await keys()).length === 3);
    assert.deepEqual(await keys(), [{ _id: 1 }, { name: 1 }, { created: -1, name: 1 }]);
    await client.close();
    await app.close();
  });

  it('are created but for one that an index of another program excludes', async () => {
    const uri = await emptyDatabase();
    const client = await new MongoClient(uri).connect();
    const data = client.db().collection('data');
    await data.createIndex({ name: 1 }, { unique: true });
    const lines: string[] = [];
    const logger = pino({}, { write: (line: string) => lines.push(line) });
    const app = await serve({ uri, logger, settings: { INDEXES: 'name;created' } });
    await until(
      'both are logged',
      () => lines.filter((line) => /index (is there|was not created)/.test(line)).length === 2,
    );
    assert.match(lines.join(''), /"keys":\[\["name",1\]\].*index was not created/);
    assert.deepEqual(
      (await data.indexes()).map(({ name }) => name),
      ['_id_', 'name_1', 'created_1'],
    );
    await client.close();
    await app.close();
  });

  it('wait for a database that is away, and are logged once', async () => {
    await using mongod = await startOwnDatabase();
    await mongod.stop();
    const all = { ...limitsOf(service.limits), connectMs: 300 };
    const database = new Database(mongod.uri, all);
    const lines: string[] = [];
    const logger = pino({}, { write: (line: string) => lines.push(line) });
    const { signal } = new AbortController();
    const dependencies = { database, limits: all, memory: new MemoryBudget(all), draining: signal, stopping: signal };
    const created = createIndexes({ ...dependencies, logger }, parseIndexes('a'), 100);
    await assert.rejects(database.ping(1000));
    await mongod.start();
    await created;
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /"index":"a_1"/);
    await database.close();
  });
});
