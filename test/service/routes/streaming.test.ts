import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Db, type Document } from 'mongodb';
import { serveForSuite } from '../support/serve';
import { until } from '../support/until';

describe('GET /data of more than a socket takes', function () {
  this.timeout(60_000);
  const served = serveForSuite();
  /** Documents, and bytes of each. */
  const [items, size] = [6000, 2000];
  /** Ids of the cursors that the database keeps. */
  const kept = new Set<bigint>();
  const { command } = Db.prototype;

  before(async () => {
    const lines = Array.from({ length: items }, (_, n) => `{"n":${n},"text":"${'x'.repeat(size)}"}\n`).join('');
    assert.deepEqual(await (await served().post(lines, { 'Content-Type': 'application/x-ndjson' })).json(), { inserted: items });
    Db.prototype.command = async function (asked: Document, options) {
      const answer = await command.call(this, asked, options);
      const { cursor, cursorsKilled = [] } = answer as { cursor?: { id: bigint }; cursorsKilled?: bigint[] };
      for (const id of [asked['getMore'] as bigint, ...cursorsKilled]) kept.delete(id);
      if (cursor !== undefined && cursor.id !== 0n) kept.add(cursor.id);
      return answer;
    };
  });
  after(() => { Db.prototype.command = command; });
  beforeEach(() => kept.clear());

  it('sends all of them', async () => {
    assert.equal((await (await served().get('/data')).json() as unknown[]).length, items);
    assert.equal(kept.size, 0);
  });

  it('waits for a client that does not read, and ends the cursor when it goes away', async () => {
    const socket = connect(served().port, '127.0.0.1');
    socket.write('GET /data HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'readable');
    assert.equal(kept.size, 1);
    socket.destroy();
    await until('the database keeps none', () => kept.size === 0);
  });

  it('opens no cursor that HEAD leaves behind', async () => {
    assert.equal((await served().get('/data', { method: 'HEAD' })).status, 200);
    await until('the database keeps none', () => kept.size === 0);
  });
});
