import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import Koa from 'koa';
import { limitsOf, platformLimits } from '../../../service/platform/configuration';
import { MemoryBudget } from '../../../service/platform/memory';
import { useBody } from '../../../service/platform/readBody';
import { close, listen } from '../../../service/platform/server';

describe('useBody', () => {
  const limits = limitsOf(platformLimits);
  const counted: number[] = [];
  let server: Server;
  let url: string;
  before(async () => {
    const app = new Koa();
    app.use(async (context) => {
      const count = (chunk: Buffer): void => void counted.push(chunk.length);
      context.req.on('data', count);
      context.body = await useBody(context, { limits, memory: new MemoryBudget(limits) }, async (text) => text);
      assert.deepEqual(context.req.listeners('data'), [count]);
    });
    server = createServer(app.callback());
    url = `http://127.0.0.1:${await listen(server, 0, 'none')}`;
  });
  after(() => close(server, 0));

  it('leaves the listeners of others, such as a middleware that counts bytes', async () => {
    const response = await fetch(url, { method: 'POST', body: 'twelve bytes' });
    assert.equal(await response.text(), 'twelve bytes');
    assert.deepEqual(counted, [12]);
  });
});
