import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { AbstractCursor } from 'mongodb';
import { serveForSuite } from '../support/serve';
import { until } from '../support/until';

describe('GET /data of more than a socket takes', function () {
  this.timeout(60_000);
  const served = serveForSuite();
  /** Documents, and bytes of each. */
  const [items, size] = [6000, 2000];
  const open = new Set<AbstractCursor>();
  const { hasNext } = AbstractCursor.prototype;

  before(async () => {
    const lines = Array.from({ length: items }, (_, n) => `{"n":${n},"text":"${'x'.repeat(size)}"}\n`).join('');
    assert.deepEqual(await (await served().post(lines, { 'Content-Type': 'application/x-ndjson' })).json(), { inserted: items });
    AbstractCursor.prototype.hasNext = function () {
      open.add(this);
      return hasNext.call(this);
    };
  });
  after(() => { AbstractCursor.prototype.hasNext = hasNext; });
  beforeEach(() => open.clear());

  it('sends all of them', async () => {
    assert.equal((await (await served().get('/data')).json() as unknown[]).length, items);
  });

  it('waits for a client that does not read, and ends the cursor when it goes away', async () => {
    const socket = connect(served().port, '127.0.0.1');
    socket.write('GET /data HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'readable');
    const [cursor] = open;
    assert.equal(isClosed(cursor), false);
    socket.destroy();
    await until('the cursor is closed', () => isClosed(cursor));
  });

  it('opens no cursor that HEAD leaves behind', async () => {
    assert.equal((await served().get('/data', { method: 'HEAD' })).status, 200);
    const [cursor] = open;
    await until('the cursor is closed', () => isClosed(cursor));
  });
});

/** `closed` of the driver waits for what is buffered here; the id tells whether the server still has it. */
function isClosed(cursor: AbstractCursor | undefined): boolean {
  return cursor?.id?.isZero() === true;
}
