import assert from 'node:assert/strict';
import { assertProblem } from '../support/problem';
import { serveForSuite } from '../support/serve';

describe('what no route does', () => {
  const served = serveForSuite();

  it('is 404 at an unknown path, and tells where the known ones stand', async () => {
    assert.match(await assertProblem(await served().get('/nowhere'), 404, 'not-found'), /\/nowhere.*openapi\.json/);
  });

  it('is 405 for an unknown method of a known path, and tells the known ones', async () => {
    const response = await served().get('/data', { method: 'PUT' });
    assert.equal(response.headers.get('Allow'), 'HEAD, GET, POST');
    await assertProblem(response, 405, 'method-not-allowed');
  });

  it('answers OPTIONS by what is allowed', async () => {
    const response = await served().get('/data/x', { method: 'OPTIONS' });
    assert.equal(response.status, 204);
    assert.equal(response.headers.get('Allow'), 'HEAD, GET, PUT, PATCH, DELETE');
  });
});
