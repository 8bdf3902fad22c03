import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { assertProblem } from '../support/problem';
import { rawRequest } from '../support/rawRequest';
import { type Served, serve } from '../support/serve';
import { until } from '../support/until';
import { watchRequests } from '../support/watchRequests';

const post = 'POST /data HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer SECRET\r\nContent-Type: application/json\r\n';

describe('requests that are refused, or end early', () => {
  const { lines, observer, find, metrics } = watchRequests();
  let served: Served;
  before(async () => {
    served = await serve({ observer, limits: { headersMs: 2000, idleMs: 3000 } });
  });
  after(() => served.close());

  for (const [title, head, status, kind, method, msg] of [
    ['a request that is none', 'NONSENSE\r\n\r\n', 400, 'bad-request', 'none', 'request refused'],
    [
      'headers that are too large',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers-too-large',
      'none',
      'request refused',
    ],
    ['headers that do not end', 'GET / HTTP/1.1\r\nHost: x\r\n', 408, 'slow-headers', 'none', 'request refused'],
    ['a request without Host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'bad-request', 'GET', 'request'],
    [
      'an expectation that can not be met',
      'GET / HTTP/1.1\r\nHost: x\r\nExpect: more\r\nConnection: close\r\n\r\n',
      417,
      'bad-request',
      'GET',
      'request',
    ],
  ] as const) {
    it(`answers ${title} by a problem, a line and a count`, async () => {
      (lines as unknown[]).splice(0);
      const answer = await rawRequest(served.port, head);
      assert.match(
        answer,
        new RegExp(`^HTTP/1.1 ${status} .*application/problem\\+json.*urn:problem-type:${kind}`, 's'),
      );
      assert.equal((await find('msg', msg)).status, status);
      assert.match(await metrics(), new RegExp(`count\\{method="${method}",route="none",status="${status}"\\} [1-9]`));
    });
  }

  it('answers a malformed chunk, and logs nothing that the client sent', async () => {
    const answer = await rawRequest(
      served.port,
      `${post}X-Request-Id: chunk\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"SEC\r\nRET"}`,
    );
    assert.match(answer, /^HTTP\/1.1 400 .*urn:problem-type:bad-request/s);
    assert.equal((await find('requestId', 'chunk')).status, 400);
    assert.ok(!JSON.stringify(lines).includes('SEC'));
  });

  it('answers the requests before a malformed one, and then that one', async () => {
    const good = 'GET /data HTTP/1.1\r\nHost: x\r\n\r\n';
    const answer = await rawRequest(served.port, `${good}${good}NONSENSE\r\n\r\n`);
    assert.deepEqual(answer.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 400']);
  });

  it('takes a URL as the target of a request, and answers one that is malformed', async () => {
    const get = (target: string, id: string): Promise<string> =>
      rawRequest(served.port, `GET ${target} HTTP/1.1\r\nHost: x\r\nX-Request-Id: ${id}\r\nConnection: close\r\n\r\n`);
    assert.match(await get('http://x/data?limit=1', 'url'), /^HTTP\/1\.1 200 /);
    assert.match(await get('http://[x/data', 'none'), /^HTTP\/1\.1 404 .*urn:problem-type:not-found/s);
    assert.deepEqual([(await find('requestId', 'url')).path, (await find('requestId', 'none')).status], ['/data', 404]);
  });

  it('counts a client that leaves during its upload as 499, without an error', async () => {
    const socket = connect(served.port, '127.0.0.1');
    socket.write(`${post}X-Request-Id: gone\r\nContent-Length: 100\r\n\r\n{"a":`);
    await until('the upload is open', () => served.memory.used > 0);
    socket.destroy();
    const { status, aborted, level, err } = await find('requestId', 'gone');
    assert.deepEqual({ status, aborted, level, err }, { status: 499, aborted: true, level: 30, err: undefined });
    assert.match(await metrics(), /count\{method="POST",route="\/data",status="499"\} 1/);
    await until('its memory is free', () => served.memory.used === 0);
  });

  for (const [title, path, type, status, kind] of [
    ['a body that is too large', '/data', 'application/json', 413, 'too-large'],
    ['a type that is not taken', '/data', 'text/plain', 415, 'unsupported-type'],
    ['a path that is not there', '/nowhere', 'application/json', 404, 'not-found'],
    ['a line that is no document', '/data', 'application/x-ndjson', 422, 'bad-document'],
  ] as const) {
    it(`reaches clients that still send: ${title}`, async () => {
      const pieces = Array<string>(120).fill('[]\n'.repeat(21_000));
      const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${120 * 63_000}\r\n\r\n`;
      const socket = connect(served.port, '127.0.0.1');
      const answer = text(socket);
      for (const piece of [head, ...pieces])
        await new Promise<void>((resolve, reject) =>
          socket.write(piece, (error) => (error ? reject(error) : resolve())),
        ); // fails if the connection is reset
      assert.match(
        await answer,
        new RegExp(`^HTTP/1.1 ${status} .*Connection: close\r\n.*urn:problem-type:${kind}`, 'is'),
      );
    });
  }

  it('closes a connection whose client was answered and does not go away', async () => {
    const own = await serve(); // with the usual limit of silence, which is longer
    const socket = connect(own.port, '127.0.0.1').resume();
    socket.write(`${post.replace('json', 'none')}Content-Length: 10000000\r\n\r\nx`);
    await once(socket, 'close');
    await own.close();
  });

  it('asks no client of HTTP/1.0 for its body, which sends it unasked', async () => {
    const head = 'POST /data HTTP/1.0\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 2';
    assert.match(await rawRequest(served.port, `${head}\r\n\r\n{}`), /^HTTP\/1\.1 201 /);
  });

  /** Sends a body of two bytes if it is asked for. Resolves to whether it was, and to the response. */
  async function ask({ port }: Served, type = 'application/json', length = 2): Promise<[boolean, IncomingMessage]> {
    const headers = { 'Content-Type': type, 'Content-Length': length, Expect: '100-continue' };
    const sent = request({ port, path: '/data', method: 'POST', headers });
    let continued = false;
    sent.on('continue', () => {
      continued = true;
      sent.end('{}');
    });
    sent.flushHeaders();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    sent.on('error', () => {}).destroy();
    return [continued, response];
  }

  for (const [title, type, length, expected] of [
    ['asks for a body that it takes', 'application/json', 2, [true, 201]],
    ['asks for no body of another type', 'text/plain', 2, [false, 415]],
    ['asks for no body that is too large', 'application/json', 2_000_000, [false, 413]],
  ] as const) {
    it(title, async () => {
      const [continued, { statusCode }] = await ask(served, type, length);
      assert.deepEqual([continued, statusCode], expected);
    });
  }

  it('are 503 before the body is read when there is no memory, and then served again', async () => {
    const small = await serve({ limits: { memoryBytes: 4_000_000, bodyBytes: 1_000_000 } });
    const held = connect(small.port, '127.0.0.1');
    held.write(`${post}Content-Length: 200000\r\n\r\n`);
    await until('it is counted', () => small.memory.used > 0);
    const [continued, { statusCode, headers }] = await ask(small, 'application/json', 500_000);
    assert.deepEqual([continued, statusCode, headers['retry-after']], [false, 503, '1']);
    const large = await small.post(`{"x":"${'y'.repeat(500_000)}"}`);
    assert.equal(large.headers.get('Retry-After'), '1');
    await assertProblem(large, 503, 'overloaded');
    assert.equal((await small.post({ small: true })).status, 201);
    held.destroy();
    await until('nothing is counted', () => small.memory.used === 0);
    await small.close();
  });
});
