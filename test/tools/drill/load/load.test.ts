import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Load } from '../../../../tools/drill/load/load';
import { lostOf, removeWrites, storedIds } from '../../../../tools/drill/load/writes';
import { until } from '../../../../tools/until';

/** A service that forgets every tenth document that it has acknowledged. */
describe('Load', () => {
  const stored = new Map<string, unknown>();
  const acknowledged: string[] = [];
  let server: Server;
  let url: string;

  before(async () => {
    server = createServer((request, response) => {
      const { method, url: path = '' } = request;
      if (method === 'DELETE') stored.delete(path.split('/').at(-1) ?? '');
      if (method === 'GET' && path.startsWith('/data')) {
        for (const _id of stored.keys()) response.write(`${JSON.stringify({ _id })}\n`);
      }
      if (method !== 'POST') {
        response.end();
        return;
      }
      const id = String(acknowledged.push(String(acknowledged.length)) - 1);
      request.on('data', (chunk) => {
        if (Number(id) % 10 !== 0) stored.set(id, JSON.parse(String(chunk)));
      });
      request.on('end', () => {
        response.statusCode = 201;
        response.end(JSON.stringify({ id }));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it('counts what is answered, and finds the writes that were lost', async function () {
    this.timeout(30_000);
    const load = await Load.start({ url, run: 'a test', clients: 4, rate: 200, writes: 100 });
    assert.throws(() => load.acknowledged, /without telling/);
    load.setRate(400);
    await until('forty writes', () => acknowledged.length > 40);
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.deepEqual([...load.acknowledged].sort(), [...acknowledged].sort());
    assert.ok(load.requests > load.acknowledged.length);
    assert.ok([...stored.values()].every((document) => (document as { drill: string }).drill === 'a test'));

    const lost = lostOf(load.acknowledged, await storedIds(url, 'a test'));
    assert.deepEqual(lost.sort(), acknowledged.filter((id) => Number(id) % 10 === 0).sort());
    await removeWrites(url, [...stored.keys()]);
    assert.equal(stored.size, 0);
  });

  it('ends by itself', async function () {
    this.timeout(30_000);
    const load = await Load.start({ url, run: 'short', clients: 1, rate: 10, seconds: 1 });
    await until('its process has ended', () => load.ended);
    await load.stop();
  });

  it('goes to this machine only', async () => {
    await assert.rejects(Load.start({ url: 'http://example.com', run: '' }), /on 127\.0\.0\.1 only/);
  });
});
