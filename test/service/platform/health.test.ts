import assert from 'node:assert/strict';
import getPort from 'get-port';
import { serve, serveForSuite } from '../support/serve';

describe('GET /health', () => {
  const served = serveForSuite();

  for (const path of ['/health', '/health/ready']) {
    it(`${path} is ok while the database answers`, async () => {
      const response = await served().get(path);
      assert.equal(response.status, 200);
      assert.deepEqual(await response.json(), { status: 'ok', database: 'ok' });
    });
  }

  it('is 503 without a database, though the process lives', async () => {
    const away = await serve({ uri: `mongodb://127.0.0.1:${await getPort()}/app` });
    const response = await away.get('/health/ready');
    assert.equal(response.status, 503);
    assert.equal(response.headers.get('Retry-After'), '1');
    assert.deepEqual(await response.json(), { status: 'no database', database: 'away' });
    assert.equal((await away.get('/health/live')).status, 200);
    await away.close();
  });

  it('is 503 while draining, when every reply closes its connection', async () => {
    const draining = await serve();
    draining.draining.abort();
    const response = await draining.get('/health/ready');
    assert.equal(response.status, 503);
    assert.deepEqual(await response.json(), { status: 'draining', database: 'ok' });
    for (const path of ['/', '/nowhere']) assert.equal((await draining.get(path)).headers.get('Connection'), 'close');
    assert.equal((await draining.get('/health/live')).status, 200);
    await draining.close();
  });
});
