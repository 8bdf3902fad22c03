import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from '../../../../tools/drill/load/client';

type Listener = (request: IncomingMessage, response: ServerResponse, count: number) => void;

/** Sends `times` requests with one client to a server with `listener`. Returns the outcomes, and the number of connections. */
async function sendAll(listener: Listener, times: number, plan: { renewAfter?: number; timeoutMs?: number } = {}) {
  let count = 0;
  let connections = 0;
  const server = createServer((request, response) => listener(request, response, (count += 1)));
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new Client({ url: `http://127.0.0.1:${port}`, renewAfter: 100, timeoutMs: 5000, ...plan });
  const outcomes: Awaited<ReturnType<Client['send']>>[] = [];
  for (let index = 0; index < times; index += 1) outcomes.push(await client.send({ path: '/' }));
  client.close();
  server.closeAllConnections();
  server.close();
  return { outcomes, connections };
}

function failuresOf(outcomes: readonly Awaited<ReturnType<Client['send']>>[]) {
  return outcomes.map((outcome) => (typeof outcome === 'string' ? undefined : outcome));
}

describe('Client', () => {
  it('renews its connection after the given number of requests', async () => {
    const { outcomes, connections } = await sendAll((_request, response) => response.end('well'), 10, {
      renewAfter: 4,
    });
    assert.ok(outcomes.every((outcome) => outcome === 'well'));
    assert.equal(connections, 3);
  });

  it('reconnects without a failure if the server closes the connection', async () => {
    const { outcomes, connections } = await sendAll(
      (_request, response) => response.setHeader('Connection', 'close').end(),
      3,
    );
    assert.ok(outcomes.every((outcome) => outcome === ''));
    assert.equal(connections, 3);
  });

  it('reports a reset, and never retries', async () => {
    let received = 0;
    const { outcomes } = await sendAll((request, response, count) => {
      received = count;
      if (count === 2) request.socket.resetAndDestroy();
      else response.end();
    }, 3);
    const [first, second, third] = failuresOf(outcomes);
    assert.deepEqual([first, second?.kind, third], [undefined, 'ECONNRESET', undefined]);
    assert.equal(received, 3);
  });

  it('reports a truncated response', async () => {
    const { outcomes } = await sendAll((request, response) => {
      response.setHeader('Content-Length', 100);
      response.write('half', () => request.socket.destroy());
    }, 1);
    assert.equal(failuresOf(outcomes)[0]?.kind, 'ECONNRESET');
  });

  it('reports an error status, and whether it has a Retry-After header', async () => {
    const { outcomes } = await sendAll((_request, response, count) => {
      if (count === 1) response.setHeader('Retry-After', '1');
      response.statusCode = 503;
      response.end();
    }, 2);
    assert.deepEqual(
      failuresOf(outcomes).map((failure) => failure?.kind),
      ['503 with Retry-After', '503'],
    );
  });

  it('reports a time-out', async () => {
    const { outcomes } = await sendAll(() => undefined, 1, { timeoutMs: 50 });
    assert.equal(failuresOf(outcomes)[0]?.kind, 'timeout');
  });

  it('reports a refused connection', async () => {
    const client = new Client({ url: 'http://127.0.0.1:1', renewAfter: 1, timeoutMs: 1000 });
    assert.equal(failuresOf([await client.send({ path: '/' })])[0]?.kind, 'ECONNREFUSED');
  });
});
