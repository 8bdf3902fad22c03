import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import Koa from 'koa';
import { dispatch } from '../../../service/platform/routing';

describe('dispatch', () => {
  const router = new Router()
    .get('/one', (context) => {
      context.body = 'one';
    })
    .post('/one', (context) => {
      context.body = 'posted';
    })
    .get('/one/:id', (context) => {
      context.body = `one ${context.params.id}`;
    })
    .get(
      '/two',
      (_context, next) => next(),
      (context) => {
        context.body = 'two';
      },
    );
  const app = new Koa()
    .use(async (context, next) => {
      await next();
      context.set('Route', String(context._matchedRoute ?? 'none'));
    })
    .use(dispatch(router))
    .use((context) => {
      context.body = 'next';
    });
  const server = createServer(app.callback());
  before(() => once(server.listen(0, '127.0.0.1'), 'listening'));
  after(() => server.close());

  for (const [request, body, route] of [
    ['GET /one', 'one', '/one'],
    ['GET /one?query=1', 'one', '/one'],
    ['GET /one/', 'one', '/one'],
    ['HEAD /one', '', '/one'],
    ['POST /one', 'posted', '/one'],
    ['GET /one/7', 'one 7', '/one/:id'],
    ['GET /two', 'two', '/two'],
    ['DELETE /one', 'next', 'none'],
    ['GET /three', 'next', 'none'],
  ] as const) {
    it(`${request} is ${route}'s`, async () => {
      const [method, path] = request.split(' ') as [string, string];
      const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { method });
      assert.deepEqual([await response.text(), response.headers.get('route')], [body, route]);
    });
  }
});
