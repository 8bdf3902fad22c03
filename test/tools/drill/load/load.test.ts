import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../../../../stack/cluster/until';
import { nothingLost } from '../../../../tools/drill/drill';
import type { Failure } from '../../../../tools/drill/load/client';
import { Load, waitForRecovery } from '../../../../tools/drill/load/load';
import { removeDocuments, storedIds } from '../../../../tools/drill/service';

const failureAt = (failedAt: number): Failure => ({ sentAt: failedAt, failedAt, kind: '503' });

describe('Load', () => {
  /** Of a service that loses every tenth document that it has acknowledged. */
  const stored = new Map<string, unknown>();
  const acknowledged: string[] = [];
  let server: Server;
  let url: string;

  before(async () => {
    server = createServer((request, response) => {
      const { method, url: path = '' } = request;
      if (method === 'DELETE') stored.delete(path.split('/').at(-1) ?? '');
      if (method !== 'POST') {
        response.end(path.startsWith('/data') ? JSON.stringify([...stored.keys()].map((_id) => ({ _id }))) : '');
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

  it('counts responses, and finds lost writes', async function () {
    this.timeout(30_000);
    const load = new Load({ url, run: 'a test', clients: 4, rate: 400, writes: 200 });
    await until('forty writes', () => acknowledged.length > 40);
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.deepEqual([...load.acknowledged].sort(), [...acknowledged].sort());
    assert.ok(load.requests > load.acknowledged.length);
    assert.ok([...stored.values()].every((document) => (document as { drill: string }).drill === 'a test'));

    const lost = acknowledged.filter((id) => Number(id) % 10 === 0).sort();
    const { reached } = nothingLost([...load.acknowledged].sort(), await storedIds(url, 'a test'));
    assert.equal(reached, `${lost.length} of ${acknowledged.length}, such as ${lost.slice(0, 3).join(', ')}`);
    await removeDocuments(url, [...stored.keys()]);
    assert.equal(stored.size, 0);
  });

  it('refuses another machine', () => {
    assert.throws(() => new Load({ url: 'http://example.com', run: '' }), /to 127\.0\.0\.1 only/);
  });
});

describe('storedIds(url, run)', () => {
  it('reads only the ids of the documents: their texts may be longer than a string can be', async () => {
    let path = '';
    const server = createServer((request, response) => {
      path = request.url ?? '';
      response.setHeader('Content-Type', 'application/json');
      response.end('[{"_id":"1"},{"_id":"2"}]');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      assert.deepEqual(await storedIds(url, 'any'), ['1', '2']);
      const query = Object.fromEntries(new URL(path, url).searchParams);
      assert.deepEqual(query, { fields: '_id', filter: '{"drill":"any"}' });
    } finally {
      server.close();
    }
  });
});

describe('waitForRecovery(load, since, seconds)', () => {
  it('returns the last failure after the event', async () => {
    const failures = [5, 20, 40].map(failureAt);
    assert.equal(await waitForRecovery({ failures }, 10, 1), 40);
  });

  it('returns the time of the event if no request failed in time', async () => {
    assert.equal(await waitForRecovery({ failures: [] }, 10, 1), 10);
  });
});
