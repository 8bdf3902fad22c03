import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import { rawRequest } from '../support/rawRequest';
import { serve, serveForSuite } from '../support/serve';
import { watchRequests } from '../support/watchRequests';

describe('GET /health', () => {
  const served = serveForSuite();

  for (const path of ['/health', '/health/startup']) {
    it(`${path} is ok while the database answers`, async () => {
      const response = await served().get(path);
      assert.equal(response.status, 200);
      assert.deepEqual(await response.json(), { status: 'ok', database: 'ok' });
    });
  }

  it('asks the database once for many at once', async () => {
    const { ping } = served().database;
    let pings = 0;
    served().database.ping = function (milliseconds) {
      pings += 1;
      return ping.call(this, milliseconds);
    };
    const text = 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20);
    const answer = await rawRequest(served().port, `${text}GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    served().database.ping = ping;
    assert.equal(answer.match(/"database":"ok"/g)?.length, 20);
    assert.equal(pings, 1);
    assert.equal((await served().get('/health')).status, 200);
  });

  it('has not started without a database, though the process lives and takes requests', async () => {
    const away = await serve({ uri: `mongodb://127.0.0.1:${await getPort()}/app` });
    for (const path of ['/health', '/health/startup']) {
      const response = await away.get(path);
      assert.equal(response.status, 503);
      assert.equal(response.headers.get('Retry-After'), '1');
      assert.deepEqual(await response.json(), { status: 'no database', database: 'away' });
    }
    for (const path of ['/health/ready', '/health/live']) assert.equal((await away.get(path)).status, 200);
    await away.close();
  });

  it('is 503 while draining, when every reply closes its connection', async () => {
    const draining = await serve();
    draining.draining.abort();
    const response = await draining.get('/health/ready');
    assert.equal(response.status, 503);
    assert.deepEqual(await response.json(), { status: 'draining' });
    assert.deepEqual(await (await draining.get('/health')).json(), { status: 'draining', database: 'ok' });
    for (const path of ['/', '/nowhere']) assert.equal((await draining.get(path)).headers.get('Connection'), 'close');
    assert.equal((await draining.get('/health/live')).status, 200);
    await draining.close();
  });

  it('is not ready while the event loop hangs, and ready again afterwards', async () => {
    await served().get('/health/ready'); // measures from here
    await sleep(100); // it is measured by a timer
    const end = Date.now() + 3500;
    while (Date.now() < end);
    await sleep(100);
    const response = await served().get('/health/ready');
    assert.deepEqual([response.status, await response.json()], [503, { status: 'overloaded' }]);
    assert.equal((await served().get('/health/ready')).status, 200);
  });

  it('is no failed request in the log while starting or draining, and one warning for an event loop that hung', async () => {
    const { lines, logger, observer, find } = watchRequests();
    const uri = `mongodb://127.0.0.1:${await getPort()}/app`;
    const watched = await serve({ uri, observer, logger, limits: { connectMs: 200 } });
    assert.equal((await watched.get('/health/startup')).status, 503);
    await sleep(100);
    const end = Date.now() + 3500;
    while (Date.now() < end);
    await sleep(100);
    assert.equal((await watched.get('/health/ready')).status, 503);
    watched.draining.abort();
    assert.equal((await watched.get('/health/ready')).status, 503);
    assert.equal((await watched.get('/data', { headers: { 'X-Request-Id': 'last' } })).status, 503);
    await find('requestId', 'last');
    await watched.close();
    const seen = lines.map(({ level, msg, path }) => [level, msg, path]);
    assert.deepEqual(seen, [
      [40, 'not ready: the event loop was blocked', undefined],
      [40, 'request failed', '/data'],
    ]);
  });
});
