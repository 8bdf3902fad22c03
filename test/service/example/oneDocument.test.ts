import assert from 'node:assert/strict';
import { assertProblem } from '../support/problem';
import { serveForSuite } from '../support/serve';

describe('/data/:id', () => {
  const served = serveForSuite();

  it('GET gives the document with an ETag, and 304 to those who have it', async () => {
    await served().post({ _id: 'etag', n: 1 });
    const first = await served().get('/data/etag');
    const etag = first.headers.get('ETag') ?? '';
    assert.deepEqual(await first.json(), { _id: 'etag', n: 1 });
    const again = await served().get('/data/etag', { headers: { 'If-None-Match': etag } });
    assert.equal(again.status, 304);
    assert.equal(await again.text(), '');
    assert.equal((await served().get('/data/etag', { headers: { 'If-None-Match': '"other"' } })).status, 200);
  });

  it('DELETE removes it, once', async () => {
    await served().post({ _id: 'gone' });
    const response = await served().get('/data/gone', { method: 'DELETE' });
    assert.equal(response.status, 204);
    assert.equal(await response.text(), '');
    await assertProblem(await served().get('/data/gone', { method: 'DELETE' }), 404, 'no-document');
    await assertProblem(await served().get('/data/gone'), 404, 'no-document');
  });

  it('refuses an id that none can be', async () => {
    await assertProblem(await served().get(`/data/${'x'.repeat(257)}`), 422, 'bad-id');
    await assertProblem(await served().get('/data/%00'), 422, 'bad-id');
  });
});
