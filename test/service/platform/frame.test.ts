import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { limitsOf } from '../../../service/platform/configuration';
import { createService } from '../../../service/platform/createService';
import { Database } from '../../../service/platform/database';
import { endpoint } from '../../../service/platform/endpoint';
import { MemoryBudget } from '../../../service/platform/memory';
import { assertProblem } from '../support/problem';
import { rawRequest } from '../support/rawRequest';
import { serveForSuite } from '../support/serve';

describe('what no route does', () => {
  const served = serveForSuite();

  it('is 404 at an unknown path, and says where the endpoints are listed', async () => {
    assert.match(await assertProblem(await served().get('/nowhere'), 404, 'not-found'), /\/nowhere.*openapi\.json/);
  });

  it('is 405 for an unknown method of a known path, and names the allowed ones', async () => {
    const response = await served().get('/openapi.json', { method: 'PUT' });
    assert.equal(response.headers.get('Allow'), 'HEAD, GET');
    await assertProblem(response, 405, 'method-not-allowed');
  });

  it('is 405 for TRACE, which no path has', async () => {
    const request = 'TRACE /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    assert.match(await rawRequest(served().port, request), /^HTTP\/1.1 405 .*Allow: HEAD, GET\r\n/s);
  });

  it('is 501 for a method of no path', async () => {
    const response = await served().get('/openapi.json', { method: 'REPORT' });
    assert.equal(response.headers.get('Allow'), 'HEAD, GET');
    await assertProblem(response, 501, 'method-not-allowed');
  });

  it('has no body for HEAD, but its length', async () => {
    const request = 'HEAD /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    assert.match(await rawRequest(served().port, request), /^HTTP\/1.1 404 .*Content-Length: [1-9]\d+\r\n.*\r\n\r\n$/s);
  });

  it('has the length of the compressed body for HEAD', async () => {
    const headers = { 'Accept-Encoding': 'gzip' };
    const [get, head] = [
      await served().get('/openapi.json', { headers }),
      await served().get('/openapi.json', { headers, method: 'HEAD' }),
    ];
    assert.equal(head.headers.get('Content-Encoding'), 'gzip');
    const length = Number(get.headers.get('Content-Length'));
    assert.ok(length > 0 && length < (await get.text()).length / 2);
    assert.equal(Number(head.headers.get('Content-Length')), length);
  });

  it('answers OPTIONS by what is allowed', async () => {
    const response = await served().get('/openapi.json', { method: 'OPTIONS' });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('Allow'), 'HEAD, GET');
  });

  it('is 404 for a method of no path at a path that is not there', async () => {
    await assertProblem(await served().get('/nowhere', { method: 'REPORT' }), 404, 'not-found');
  });

  it('refuses a request without one Host, a path that is not UTF-8, and an expectation that can not be met', async () => {
    for (const [head, status] of [
      ['GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
      ['GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
      ['GET / HTTP/1.1\r\nHost: user@x\r\nConnection: close\r\n\r\n', 400],
      ['GET /data/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
      ['GET /data/%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
      ['GET / HTTP/1.1\r\nHost: x\r\nExpect: more\r\nConnection: close\r\n\r\n', 417],
    ] as const) {
      const answer = await rawRequest(served().port, head);
      assert.match(
        answer,
        new RegExp(`^HTTP/1.1 ${status} .*application/problem\\+json.*urn:problem-type:bad-request`, 's'),
      );
    }
  });
});

describe("a router's own middleware", () => {
  it('runs before every route that comes after it', async () => {
    const seen: string[] = [];
    const definition = createService({
      limits: {},
      openapi: { info: { title: '', version: '', description: '' }, schemas: {} },
      routes: (router) => {
        router.use(async (context, next) => {
          await sleep(1);
          seen.push(context.path);
          return next();
        });
        const thing = endpoint('thing', 'A thing.', {
          responses: { 200: 'The thing.' },
          handler: (context) => {
            context.body = 'a thing';
          },
        });
        router.add('get', '/things', thing).add('get', '/things/:id', thing);
      },
    });
    const limits = limitsOf(definition.limits);
    const { signal } = new AbortController();
    const app = definition.createApp({
      database: new Database('mongodb://127.0.0.1:1', limits),
      limits,
      memory: new MemoryBudget(limits),
      draining: signal,
      stopping: signal,
    });
    const server = createServer(app.callback()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const path of ['/things', '/things/1', '/openapi.json']) assert.equal((await fetch(url + path)).status, 200);
    server.close();
    assert.deepEqual(seen, ['/things', '/things/1']);
  });
});
