import assert from 'node:assert/strict';
import getPort from 'get-port';
import { assertProblem } from '../support/problem';
import { serve } from '../support/serve';

describe('more requests than may wait', () => {
  it('are refused at once, with Retry-After', async () => {
    // Nobody listens there, so those who are let in wait for `connectMs`.
    const served = await serve({
      uri: `mongodb://127.0.0.1:${await getPort()}/app`,
      limits: { poolSize: 1, queue: 1, connectMs: 4000 },
    });
    const waiting = [served.get('/data/a'), served.get('/data/b')];
    while (served.database.waiting === 0) await new Promise(setImmediate);
    const response = await Promise.race([served.get('/data/c'), ...waiting]);
    assert.equal(response.headers.get('Retry-After'), '1');
    await assertProblem(response, 503, 'overloaded');
    for (const answer of await Promise.all(waiting)) await assertProblem(answer, 503, 'database-away');
    await served.close();
  });
});
