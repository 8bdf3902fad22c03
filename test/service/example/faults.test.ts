import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { until } from '../../../stack/cluster/until';
import type { DatabaseProcess } from '../../../tools/database/databaseProcess';
import { firstStartMs, startOwnDatabase } from '../support/database';
import { type Served, serve } from '../support/serve';

/** Milliseconds that the database is frozen; a full run has 20000. */
const pauseMs = Number(process.env.FAULT_PAUSE_MS ?? 2500);

describe('a database that fails', function () {
  this.timeout(120_000);
  let database: DatabaseProcess & AsyncDisposable;
  let served: Served;

  before(async function () {
    this.timeout(firstStartMs);
    database = await startOwnDatabase();
  });
  after(() => database[Symbol.asyncDispose]());
  beforeEach(async () => {
    served = await serve({ uri: database.uri, limits: { poolSize: 8, queue: 50 } });
  });
  afterEach(() => served.close());

  const answers = async (): Promise<boolean> => (await served.get('/health')).status === 200;

  it('may come after the service', async () => {
    await database.stop('SIGKILL');
    const response = await served.post({ n: 1 });
    assert.equal(response.status, 503);
    assert.equal(response.headers.get('Retry-After'), '1');
    await database.start();
    await until('it answers', answers);
    assert.equal((await served.post({ n: 1 })).status, 201);
  });

  it('killed with -9 amid inserts has lost none that was acknowledged', async () => {
    const acknowledged: string[] = [];
    let stop = false;
    const writers = Array.from({ length: 16 }, async (_, writer) => {
      for (let n = 0; !stop; n++) {
        const response = await served.post(
          n % 4 === 0
            ? [
                { writer, n },
                { writer, n },
              ]
            : { writer, n },
        );
        const answer = (await response.json()) as { id?: string; ids?: string[] };
        if (response.status === 201) acknowledged.push(...(answer.ids ?? [answer.id ?? '']));
        else assert.equal(response.status, 503, JSON.stringify(answer));
      }
    });
    await until('inserts are under way', () => acknowledged.length > 100);
    await database.stop('SIGKILL');
    const before = acknowledged.length;
    await database.start();
    await until('inserts go on by themselves', () => acknowledged.length > before + 50);
    stop = true;
    await Promise.all(writers);

    const stored = new Set(((await (await served.get('/data')).json()) as { _id: string }[]).map(({ _id }) => _id));
    assert.deepEqual(
      acknowledged.filter((id) => !stored.has(id)),
      [],
    );
  });

  it('that steps down is 503 until it is primary again, and never 500', async () => {
    const client = await MongoClient.connect(database.uri);
    const [statuses, stop] = [new Set<number>(), new AbortController()];
    const readers = Array.from({ length: 8 }, async () => {
      while (!stop.signal.aborted) statuses.add((await served.get('/data?limit=1')).status);
    });
    await until('it is read', () => statuses.has(200));
    await client.db('admin').command({ replSetStepDown: 3, force: true });
    await until('it has stepped down', () => statuses.size > 1);
    await until('it is primary again', async () => (await served.post({})).status === 201);
    stop.abort();
    await Promise.all(readers);
    await client.close();
    assert.deepEqual([...statuses].sort(), [200, 503]);
  });

  it('frozen gets bounded answers, piles up nothing, and is found again when it thaws', async function () {
    if (process.platform === 'win32') return this.skip(); // it has no SIGSTOP
    const limits = { databaseMs: 500, connectMs: 500, poolSize: 8, queue: 50 };
    const impatient = await serve({ uri: database.uri, limits });
    await until('it is connected', async () => (await impatient.get('/health')).status === 200);
    database.signal('SIGSTOP');
    const frozen = Date.now();
    const memory = process.memoryUsage().heapUsed;
    const times: number[] = [];
    while (Date.now() - frozen < pauseMs) {
      await Promise.all(
        Array.from({ length: 100 }, async (_, n) => {
          const start = performance.now();
          const response = n % 2 === 0 ? await impatient.post({ n }) : await impatient.get('/data');
          assert.equal(response.status, 503);
          await response.text();
          times.push(performance.now() - start);
        }),
      );
      await sleep(50);
    }
    assert.ok(
      Math.max(...times) < 8 * (limits.databaseMs + limits.connectMs),
      `the slowest answer took ${Math.max(...times)} ms`,
    );
    assert.equal(impatient.database.waiting, 0);
    assert.ok(process.memoryUsage().heapUsed - memory < 64 * 1024 * 1024);
    assert.equal((await impatient.get('/health/live')).status, 200);
    database.signal('SIGCONT');
    await until('it stores again', async () => (await impatient.post({ thawed: true })).status === 201);
    await impatient.close();
    return undefined;
  });
});
