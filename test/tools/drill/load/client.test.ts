import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, type Outcome } from '../../../../tools/drill/load/client';

type Listener = (request: IncomingMessage, response: ServerResponse, count: number) => void;

/** Asks a server that answers as `listener` does, `times` times with one client. Returns the outcomes, and how many connections it took. */
async function ask(listener: Listener, times: number, plan: { renewAfter?: number; timeoutMs?: number } = {}) {
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
  const outcomes: Outcome[] = [];
  for (let index = 0; index < times; index += 1) outcomes.push(await client.ask({ method: 'GET', path: '/' }));
  client.close();
  server.closeAllConnections();
  server.close();
  return { outcomes, connections };
}

function failuresOf(outcomes: readonly Outcome[]) {
  return outcomes.map((outcome) => (outcome.ok ? undefined : outcome.failure));
}

describe("Client of the drills' load", () => {
  it('keeps its connection, and takes a new one after the given number of requests', async () => {
    const { outcomes, connections } = await ask((_request, response) => response.end('well'), 10, { renewAfter: 4 });
    assert.ok(outcomes.every((outcome) => outcome.ok && outcome.body === 'well'));
    assert.equal(connections, 3);
  });

  it('takes a new connection when the server asks for it, and no request fails', async () => {
    const { outcomes, connections } = await ask(
      (_request, response) => response.setHeader('Connection', 'close').end(),
      3,
    );
    assert.ok(outcomes.every(({ ok }) => ok));
    assert.equal(connections, 3);
  });

  it('tells a reset, on a kept connection or not, and asks nothing twice', async () => {
    let asked = 0;
    const { outcomes } = await ask((request, response, count) => {
      asked = count;
      if (count === 2) request.socket.resetAndDestroy();
      else response.end();
    }, 3);
    const [first, second, third] = failuresOf(outcomes);
    assert.deepEqual([first, second?.kind, second?.reused, third], [undefined, 'ECONNRESET', true, undefined]);
    assert.equal(asked, 3);
  });

  it('tells a reply that is cut off', async () => {
    const { outcomes } = await ask((request, response) => {
      response.setHeader('Content-Length', 100);
      response.write('half', () => request.socket.destroy());
    }, 1);
    assert.equal(failuresOf(outcomes)[0]?.kind, 'ECONNRESET');
  });

  it('tells a status that is no success, and whether it says when to come again', async () => {
    const { outcomes } = await ask((_request, response, count) => {
      if (count === 1) response.setHeader('Retry-After', '1');
      response.statusCode = 503;
      response.end();
    }, 2);
    assert.deepEqual(
      failuresOf(outcomes).map((failure) => [failure?.kind, failure?.retryAfter]),
      [
        ['503', true],
        ['503', false],
      ],
    );
  });

  it('gives a reply up that takes too long', async () => {
    const { outcomes } = await ask(() => undefined, 1, { timeoutMs: 50 });
    assert.equal(failuresOf(outcomes)[0]?.kind, 'timeout');
  });

  it('tells that nobody listens', async () => {
    const client = new Client({ url: 'http://127.0.0.1:1', renewAfter: 1, timeoutMs: 1000 });
    assert.equal(failuresOf([await client.ask({ method: 'GET', path: '/' })])[0]?.kind, 'ECONNREFUSED');
  });
});
