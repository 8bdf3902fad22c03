import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { limitsOf, platformLimits } from '../../../service/platform/configuration';
import { close, createBoundedServer, listen } from '../../../service/platform/server';

const defaultLimits = limitsOf(platformLimits);

describe('close(server, seconds)', () => {
  it('waits for a reply that is under way', async () => {
    let finish = (): void => {};
    const server = createBoundedServer(defaultLimits, (_request, response) => {
      finish = () => response.end('done');
    });
    const port = await listen(server, 0, 'none');
    const reply = fetch(`http://127.0.0.1:${port}/`);
    await once(server, 'request');
    const closed = close(server, 60);
    finish();
    assert.equal(await (await reply).text(), 'done');
    await closed;
  });

  it('cuts off one that takes longer', async () => {
    const server = createBoundedServer(defaultLimits, () => {});
    const socket = connect(await listen(server, 0, 'none'), '127.0.0.1').resume();
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(server, 'request');
    await Promise.all([close(server, 0.05), once(socket, 'close')]);
  });
});

describe('createBoundedServer(limits, listener)', () => {
  it('closes connections beyond the limit at once', async () => {
    const server = createBoundedServer({ ...defaultLimits, connections: 1 }, (_request, response) => response.end());
    const port = await listen(server, 0, 'none');
    const first = connect(port, '127.0.0.1').resume();
    await once(server, 'connection');
    const second = connect(port, '127.0.0.1').resume();
    const [{ remotePort }] = (await once(server, 'drop')) as [{ readonly remotePort: number }];
    assert.equal(remotePort, second.localPort);
    await once(second, 'close');
    assert.ok(!first.closed);
    await Promise.all([close(server, 0), once(first, 'close')]);
  });

  it('closes an idle connection to make room for the next one', async () => {
    const server = createBoundedServer({ ...defaultLimits, connections: 1 }, (_request, response) => response.end());
    const port = await listen(server, 0, 'none');
    const idle = connect(port, '127.0.0.1');
    idle.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(idle, 'data');
    const refused = connect(port, '127.0.0.1').resume();
    await Promise.all([once(refused, 'close'), once(idle, 'close')]);
    assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
    await close(server, 0);
  });

  it('never closes a connection whose response is still being read', async () => {
    const body = Buffer.alloc(33_554_432); // more than the sockets' buffers hold
    const server = createBoundedServer({ ...defaultLimits, connections: 1 }, (_request, response) =>
      response.end(body),
    );
    const port = await listen(server, 0, 'none');
    const slow = connect(port, '127.0.0.1');
    slow.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await once(slow, 'readable');
    await once(connect(port, '127.0.0.1').resume(), 'close');
    const closed = close(server, 10);
    server.closeIdleConnections();
    let length = 0;
    for await (const chunk of slow) length += (chunk as Buffer).length;
    assert.ok(length > body.length, `${length} bytes came`);
    await closed;
  });
});
