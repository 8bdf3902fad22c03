import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { serveForSuite } from '../support/serve';
import { until } from '../support/until';

const post =
  'POST /data HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('slow, half-open and aborted clients', () => {
  // Short, but longer than a well-behaved client may take on a busy machine.
  const served = serveForSuite({ limits: { headersMs: 1000, bodyMs: 1000, idleMs: 2000 } });
  const open = (text: string): Socket => {
    const socket = connect(served().port, '127.0.0.1')
      .on('error', () => {})
      .resume();
    socket.write(text);
    return socket;
  };

  for (const [title, text] of [
    ['headers that do not end', 'GET / HTTP/1.1\r\nHost: x\r\nX-A: '],
    ['nothing at all', ''],
    ['a JSON body that does not come', post.replace('x-ndjson', 'json')],
    ['NDJSON that stops in a line', `${post}5\r\n{"a":\r\n`],
  ] as const) {
    it(`are not waited for: ${title}`, async () => {
      const sockets = Array.from({ length: 50 }, () => open(text));
      const closed = Promise.all(sockets.map((socket) => once(socket, 'close')));
      assert.equal((await served().post({ others: 'are served' })).status, 201);
      await closed;
    });
  }

  it('leave no request behind when they go away', async () => {
    for (const text of [post, `${post}5\r\n{"a":\r\n`, 'GET /data HTTP/1.1\r\nHost: x\r\n\r\n']) {
      const socket = open(text);
      await once(socket, 'connect');
      socket.destroy();
    }
    await until('nothing waits', () => served().database.waiting === 0 && served().database.pool.used === 0);
    assert.equal((await served().get('/data')).status, 200);
  });
});
