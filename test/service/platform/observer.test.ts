import assert from 'node:assert/strict';
import getPort from 'get-port';
import { type Served, serve } from '../support/serve';
import { until } from '../support/until';
import { type Line, watchRequests } from '../support/watchRequests';

describe("a request's log and measurement", () => {
  const { lines, observer, find, metrics } = watchRequests();
  let served: Served;

  const observed = (uri?: string): Promise<Served> =>
    serve({ ...(uri !== undefined && { uri, limits: { connectMs: 200 } }), observer });
  const logged = (requestId: string): Promise<Line> => find('requestId', requestId);

  before(async () => {
    served = await observed();
  });
  after(() => served.close());

  it("has the client's own request id, and the path without its query", async () => {
    const response = await served.get('/data?limit=1', { headers: { 'X-Request-Id': 'mine-1' } });
    await response.text();
    assert.equal(response.headers.get('X-Request-Id'), 'mine-1');
    const { method, path, status, level } = await logged('mine-1');
    assert.deepEqual({ method, path, status, level }, { method: 'GET', path: '/data', status: 200, level: 30 });
  });

  it("has a new id where the client's is not sane", async () => {
    const headers = { 'X-Request-Id': 'x'.repeat(129) };
    const [one, other] = [await served.get('/', { headers }), await served.get('/', { headers })];
    assert.match(one.headers.get('X-Request-Id') ?? '', /^[0-9a-f]{12}-\d+$/);
    assert.notEqual(other.headers.get('X-Request-Id'), one.headers.get('X-Request-Id'));
  });

  it("passes the caller's trace on, with this service as its parent", async () => {
    const [trace, parent] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
    const headers = { traceparent: `00-${trace}-${parent}-01`, 'X-Request-Id': 'traced' };
    const answered = (await served.get('/', { headers })).headers.get('traceparent') ?? '';
    assert.match(answered, new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
    assert.ok(!answered.includes(parent));
    const { trace_id, span_id } = await logged('traced');
    assert.equal(trace_id, trace);
    assert.ok(answered.includes(String(span_id)));
  });

  it('leaves out a trace that is none', async () => {
    const response = await served.get('/', { headers: { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` } });
    assert.equal(response.headers.get('traceparent'), null);
  });

  it('keeps the request id in a failure, and logs the cause of one that is ours', async () => {
    const away = await observed(`mongodb://127.0.0.1:${await getPort()}/app`);
    const response = await away.get('/data', { headers: { 'X-Request-Id': 'failed' } });
    assert.equal(response.headers.get('X-Request-Id'), 'failed');
    const line = await logged('failed');
    assert.equal(line.status, 503);
    assert.match(JSON.stringify(line.err), /ECONNREFUSED/);
    await away.close();
  });

  it('does not log probes at the default level', async () => {
    await served.get('/health/live', { headers: { 'X-Request-Id': 'probe' } });
    await served.get('/healthy', { headers: { 'X-Request-Id': 'no-probe' } });
    await served.get('/', { headers: { 'X-Request-Id': 'after' } });
    assert.equal((await logged('no-probe')).status, 404);
    await logged('after');
    assert.ok(!lines.some((line) => line.requestId === 'probe'));
  });

  it('counts by route, not by path, and shows the pool and the event loop', async () => {
    const own = await observed();
    own.database.queued = 3; // in a handler's queue
    try {
      for (const path of ['/data/a', '/data/b', '/made-up']) assert.equal((await own.get(path)).status, 404);
      // A request is counted when its reply is over, which its client may see before.
      let text = '';
      await until('all three are counted', async () => {
        text = await metrics();
        const counts = text.matchAll(/^http_request_duration_seconds_count\{.*\} (\d+)$/gm);
        return [...counts].reduce((sum, [, count]) => sum + Number(count), 0) >= 3;
      });
      assert.match(text, /http_request_duration_seconds_count\{method="GET",route="\/data\/:id",status="404"\} 2/);
      assert.match(text, /http_request_duration_seconds_count\{method="GET",route="none",status="404"\} 1/);
      assert.match(text, /mongodb_pool_connections [1-9]/);
      assert.match(text, /mongodb_pool_used 0/);
      assert.match(text, /mongodb_pool_waiting 3/);
      assert.match(text, /nodejs_eventloop_lag_seconds \d/);
    } finally {
      await own.close();
    }
  });
});
