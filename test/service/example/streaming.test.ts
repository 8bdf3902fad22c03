import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Db, type Document } from 'mongodb';
import { readBatch } from '../../../service/example/rawBatches';
import { until } from '../../../tools/until';
import { serveForSuite } from '../support/serve';

describe('GET /data of more than a socket takes', function () {
  this.timeout(60_000);
  const served = serveForSuite();
  /** Documents, and bytes of each. */
  const [items, size] = [6000, 2000];
  /** Ids of the cursors that the database keeps. */
  const kept = new Set<string>();
  /** Bytes of the batches that it sent. */
  let batches: number[] = [];
  const { command } = Db.prototype;
  /** Later batches are kept back until then. */
  let later = Promise.resolve();

  before(async () => {
    const lines = Array.from({ length: items }, (_, n) => `{"n":${n},"text":"${'x'.repeat(size)}"}\n`).join('');
    assert.deepEqual(await (await served().post(lines, { 'Content-Type': 'application/x-ndjson' })).json(), {
      inserted: items,
    });
    Db.prototype.command = async function (asked: Document, options) {
      if (asked.getMore !== undefined) await later;
      const answer = await command.call(this, asked, options);
      for (const id of [asked.getMore, ...(answer.cursorsKilled ?? [])]) kept.delete(String(id));
      if (Buffer.isBuffer(answer.cursor)) {
        const { cursor, bson } = readBatch(answer.cursor);
        if (cursor !== 0n) kept.add(String(cursor));
        batches.push(bson.length);
      }
      return answer;
    };
  });
  after(() => {
    Db.prototype.command = command;
  });
  beforeEach(() => {
    kept.clear();
    batches = [];
  });

  it('sends all of them, in batches of half a MiB', async () => {
    assert.equal(((await (await served().get('/data')).json()) as unknown[]).length, items);
    assert.equal(kept.size, 0);
    const inner = batches.slice(1, -1);
    assert.ok(inner.length > 0 && inner.every((bytes) => Math.abs(bytes / 2 ** 19 - 1) < 0.1), batches.join());
  });

  it('waits for a client that does not read, and ends the cursor when it goes away', async () => {
    const socket = connect(served().port, '127.0.0.1');
    socket.write('GET /data HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'readable');
    assert.equal(kept.size, 1);
    socket.destroy();
    await until('the database keeps none', () => kept.size === 0);
  });

  it('sends the first documents before the database has found the others', async () => {
    const lines = '{"short":true}\n'.repeat(200);
    await served().post(lines, { 'Content-Type': 'application/x-ndjson' });
    let found = (): void => {};
    later = new Promise((resolve) => {
      found = resolve;
    });
    const { body } = await served().get('/data?filter={"short":true}', { headers: { Accept: 'application/x-ndjson' } });
    let text = '';
    for await (const piece of body as ReadableStream<Uint8Array>) {
      text += Buffer.from(piece).toString();
      assert.ok(text.startsWith('{"_id":'));
      found();
    }
    assert.equal(text.split('\n').length - 1, 200);
  });

  it('opens no cursor that HEAD leaves behind', async () => {
    assert.equal((await served().get('/data', { method: 'HEAD' })).status, 200);
    await until('the database keeps none', () => kept.size === 0);
  });
});
