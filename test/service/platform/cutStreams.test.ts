import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import Koa from 'koa';
import { limitsOf, platformLimits } from '../../../service/platform/configuration';
import { Database } from '../../../service/platform/database';
import { answerProblem } from '../../../service/platform/frame';
import { MemoryBudget } from '../../../service/platform/memory';
import { databaseAway } from '../../../service/platform/problem';
import { close, createBoundedServer, listen } from '../../../service/platform/server';
import { watchRequests } from '../support/watchRequests';

describe('a stream that is cut in the middle', () => {
  const { observer, find, metrics } = watchRequests();
  const limits = limitsOf(platformLimits);
  const database = new Database('mongodb://127.0.0.1:1', limits);
  let body: PassThrough;
  const app = new Koa().use(observer({ database, memory: new MemoryBudget(limits) }).observe).use((context) => {
    body = new PassThrough();
    body.write('[1,');
    context.body = body;
  });
  app.context.onerror = answerProblem;
  const server = createBoundedServer(limits, app.callback());
  let port: number;
  before(async () => {
    port = await listen(server, 0, 'none', '127.0.0.1');
  });
  after(() => close(server, 0));

  it('does not look whole to HTTP/1.0, which ends at the close', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.0\r\n\r\n');
    await once(socket, 'readable');
    body.destroy(databaseAway());
    const [error] = (await once(socket.resume(), 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNRESET');
  });

  it('does not look whole to HTTP/1.1, and is counted and logged by what cut it', async () => {
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { 'X-Request-Id': 'cut' } });
    body.destroy(databaseAway());
    await assert.rejects(response.text());
    const { status, cut, problem } = await find('requestId', 'cut');
    assert.deepEqual({ status, cut, problem }, { status: 503, cut: true, problem: 'database-away' });
    assert.match(await metrics(), /count\{method="GET",route="none",status="503"\} 2/);
  });

  it('is 499 when it was the client who cut it', async () => {
    const leave = new AbortController();
    await fetch(`http://127.0.0.1:${port}/`, { headers: { 'X-Request-Id': 'left' }, signal: leave.signal });
    leave.abort();
    const { status, aborted, level } = await find('requestId', 'left');
    assert.deepEqual({ status, aborted, level }, { status: 499, aborted: true, level: 30 });
  });
});
