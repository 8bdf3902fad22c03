import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import v8 from 'node:v8';
import { limitsOf, platformLimits } from '../../../service/platform/configuration';
import { defaultMemoryBytes, MemoryBudget } from '../../../service/platform/memory';
import { Problem } from '../../../service/platform/problem';
import { until } from '../support/until';

describe('defaultMemoryBytes()', () => {
  const { constrainedMemory } = process;
  const { getHeapStatistics } = v8;
  afterEach(() => {
    Object.assign(process, { constrainedMemory });
    Object.assign(v8, { getHeapStatistics });
  });

  for (const [what, container, heap, expected] of [
    ["a fifth of the container's memory", 400_000_000, 4e9, 80_000_000],
    ['a fifth of 500 MiB outside of a container', 0, 4e9, 104_857_600],
    ['the same where the limit is no limit', Number.MAX_SAFE_INTEGER, 4e9, 104_857_600],
    ["less than half of V8's heap", 400_000_000, 100_000_000, 40_000_000],
  ] as const) {
    it(`is ${what}`, () => {
      Object.assign(process, { constrainedMemory: () => container });
      Object.assign(v8, { getHeapStatistics: () => ({ heap_size_limit: heap }) });
      assert.equal(defaultMemoryBytes(), expected);
    });
  }
});

describe('MemoryBudget', () => {
  const limits = { ...limitsOf(platformLimits), memoryBytes: 64_000_000, streams: 2, databaseMs: 100 };
  const half = limits.memoryBytes / 2;
  const response = (): ServerResponse => new EventEmitter() as ServerResponse;
  const isOverloaded = (error: unknown): boolean =>
    error instanceof Problem && error.kind === 'overloaded' && error.headers['Retry-After'] === '1';

  it('refuses what is more than a quarter of what is free, and still takes what is small', () => {
    const memory = new MemoryBudget(limits);
    const large = half / 5;
    memory.reserve(large, response());
    assert.throws(() => memory.reserve(large + 1, response()), isOverloaded);
    memory.reserve(1000, response());
    assert.equal(memory.used, large + 1000);
  });

  it('still takes the smallest when streams have grown beyond what they reserved', () => {
    const memory = new MemoryBudget(limits);
    const resize = memory.reserve(1000, response());
    resize(half * 1.1);
    memory.reserve(10_000, response());
    assert.throws(() => memory.reserve(100_000, response()), isOverloaded);
  });

  it('gives back what a reply needed when it is over', () => {
    const memory = new MemoryBudget(limits);
    const reply = response();
    const resize = memory.reserve(1000, reply);
    resize(half * 2);
    assert.throws(() => memory.reserve(1, response()), isOverloaded);
    reply.emit('close');
    assert.equal(memory.used, 0);
  });

  it('refuses one stream too many', () => {
    const memory = new MemoryBudget(limits);
    const [first] = [response(), response()].map((reply) => {
      memory.reserveStream(reply);
      return reply;
    });
    assert.throws(() => memory.reserveStream(response()), isOverloaded);
    first?.emit('close');
    memory.reserveStream(response());
    assert.equal(memory.streams, 2);
  });

  it('runs tasks in turn, as many at a time as fit, whatever is reserved', async () => {
    const memory = new MemoryBudget({ ...limits, databaseMs: 60_000 });
    const resize = memory.reserve(0, response());
    resize(half);
    const running: number[] = [];
    const ends: (() => void)[] = [];
    const task = (index: number) => () => {
      running.push(index);
      return new Promise<void>((resolve) => {
        ends[index] = resolve;
      });
    };
    const tasks = [half / 2, half / 2, half, half / 2].map((bytes, index) => memory.use(bytes, task(index)));
    await until('the first two run', () => running.length === 2);
    ends[0]?.();
    await tasks[0];
    await new Promise(setImmediate);
    assert.deepEqual(running, [0, 1]); // the last one would fit, but comes after the large one
    ends[1]?.();
    await until('the large one runs', () => running.length === 3);
    assert.deepEqual(running, [0, 1, 2]);
    ends[2]?.();
    await until('the last one runs', () => running.length === 4);
    ends[3]?.();
    await Promise.all(tasks);
    assert.equal(memory.used, half);
  });

  it('runs small and urgent tasks before large ones that wait', async () => {
    const memory = new MemoryBudget({ ...limits, databaseMs: 60_000 });
    const ran: string[] = [];
    let end: (() => void) | undefined;
    const first = memory.use(half - 10, () => new Promise<void>((resolve) => (end = resolve)));
    await until('it is full', () => end !== undefined);
    const add = (name: string) => async (): Promise<void> => void ran.push(name);
    const large = memory.use(half, add('large'));
    const urgent = memory.use(half, add('urgent'), { urgent: true });
    const small = memory.use(1000, add('small'));
    end?.();
    await Promise.all([first, large, urgent, small]);
    assert.deepEqual(ran, ['urgent', 'small', 'large']);
  });

  it('lets no task wait that only asks the database, while large ones that compute leave time for others', async () => {
    const memory = new MemoryBudget({ ...limits, memoryBytes: 200_000_000 });
    const started: string[] = [];
    const run = (name: string, computes?: boolean): Promise<number> =>
      memory.use(17_000_000, async () => started.push(name), { urgent: false, computes });
    await Promise.all([run('computes'), run('computes too'), run('asks', false)]);
    assert.deepEqual(started, ['asks', 'computes', 'computes too']);
  });

  it('refuses a task that has waited for too long, and admits those behind it', async () => {
    const memory = new MemoryBudget(limits);
    let end = (): void => {};
    const first = memory.use(half - 10, () => new Promise<void>((resolve) => (end = resolve)));
    const late = memory.use(20, () => Promise.resolve());
    const small = memory.use(10, () => Promise.resolve('done'));
    await assert.rejects(late, isOverloaded);
    assert.equal(await small, 'done');
    end();
    await first;
    assert.equal(memory.used, 0);
  });

  it('lets a task larger than all of it run alone, and counts what failed no more', async () => {
    const memory = new MemoryBudget(limits);
    await assert.rejects(
      memory.use(half * 9, () => Promise.reject(new Error('a fault'))),
      /a fault/,
    );
    assert.equal(memory.used, 0);
  });
});
