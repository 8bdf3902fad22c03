import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { InsertQueue } from '../../../../service/example/insertQueue/insertQueue';

describe('InsertQueue', () => {
  it('counts waiting inserts, and refuses those beyond its capacity', async () => {
    let answer = (): void => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const database = { queued: 0, run: async () => answered.then(() => new Map()) as never };
    const queue = new InsertQueue(database, 5);

    const inserts = [queue.insert({ _id: 'a' })];
    await setImmediate();
    inserts.push(queue.insert({ _id: 'b' }));
    await setImmediate();
    assert.equal(database.queued, 0); // two commands are under way
    inserts.push(queue.insert({ _id: 'c' }), queue.insert({ _id: 'd' }), queue.insert({ _id: 'e' }));
    assert.equal(database.queued, 3);
    await assert.rejects(queue.insert({ _id: 'f' }), /5 requests wait/);

    answer();
    await Promise.all(inserts);
    assert.equal(database.queued, 0);
  });
});
