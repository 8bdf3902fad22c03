import assert from 'node:assert/strict';
import { BSON, type Document } from 'mongodb';
import { ArchiveFilter } from '../../../tools/backup/archive';

const end = Buffer.from([255, 255, 255, 255]);
const bson = (document: Document): Buffer => Buffer.from(BSON.serialize(document));
const block = (db: string, collection: string, ...documents: Document[]): Buffer[] => [
  bson({ db, collection, EOF: documents.length === 0 }),
  ...documents.map(bson),
  end,
];

/** As `mongodump --archive --oplog` of a database with a user writes it, two collections at a time. */
const parts = [
  Buffer.from('6de29981', 'hex'),
  bson({ concurrent_collections: 4, version: '0.1' }),
  ...[
    { db: 'app', collection: 'data' },
    { db: 'app', collection: 'empty' },
    { db: '', collection: 'oplog' },
    { db: 'admin', collection: 'system.users' },
  ].map(bson),
  end,
  ...block('admin', 'system.users', { user: 'service', credentials: 'old-password' }),
  ...block('app', 'data', { a: 1 }, { a: 'x'.repeat(1000) }),
  ...block('admin', 'system.users'),
  ...block('app', 'empty'),
  ...block('app', 'data', { a: 3 }),
  ...block('app', 'data'),
  ...block('', 'oplog', { op: 'n', ns: '' }, { op: 'i', ns: 'app.data' }, { op: 'u', ns: 'config.transactions' }),
  ...block('', 'oplog'),
];

const filter = async (archive: Buffer, size = archive.length) => {
  async function* source(): AsyncGenerator<Buffer> {
    for (let at = 0; at < archive.length; at += size) yield archive.subarray(at, at + size);
  }
  const it = new ArchiveFilter('app');
  const kept: Buffer[] = [];
  for await (const part of it.filter(source())) kept.push(part);
  return { kept: Buffer.concat(kept), contents: it.contents };
};

describe('ArchiveFilter', () => {
  const archive = Buffer.concat(parts);
  const contents = { collections: { data: 3, empty: 0 }, changes: 1 };

  for (const size of [1, 7, 333, archive.length]) {
    it(`keeps one database and the oplog, no users or passwords, in parts of ${size} bytes`, async () => {
      const { kept, contents: found } = await filter(archive, size);
      assert.deepEqual(found, contents);
      assert.equal(kept.includes('old-password') || kept.includes('system.users'), false);
      assert.deepEqual((await filter(kept)).contents, contents); // it is an archive itself
    });
  }
  it('keeps every byte of an archive with one database', async () => {
    const { kept } = await filter(archive);
    assert.deepEqual((await filter(kept, 100)).kept, kept);
  });
  it('has no changes without the oplog', async () => {
    const plain = Buffer.concat([
      ...parts.slice(0, 3),
      end,
      ...block('app', 'data', { a: 1 }),
      ...block('app', 'data'),
    ]);
    assert.deepEqual((await filter(plain)).contents, { collections: { data: 1 } });
  });
  it('refuses a truncated archive', async () => {
    const first = parts.findIndex((part) => part.equals(bson({ db: 'app', collection: 'data', EOF: false })));
    const last = parts.findLastIndex((part) => part.equals(bson({ db: 'app', collection: 'data', EOF: true })));
    const [from = 0, to = 0] = [first, last].map((count) => Buffer.concat(parts.slice(0, count)).length);
    assert.ok(from > 0 && to > from);
    for (let length = from + 1; length < to; length += 1)
      await assert.rejects(filter(archive.subarray(0, length)), /The archive is truncated/, `${length} bytes`);
  });
  it('refuses a damaged archive, and other files', async () => {
    await assert.rejects(filter(Buffer.from('a text, not an archive')), /not an archive of mongodump/);
    const damaged = Buffer.from(archive);
    damaged.writeInt32LE(2 ** 30, 4);
    await assert.rejects(filter(damaged), /damaged/);
  });
  it('refuses an oplog in which a user was changed', async () => {
    const changed = Buffer.concat([...parts, ...block('', 'oplog', { op: 'u', ns: 'admin.system.users' })]);
    await assert.rejects(filter(changed), /user of the database was changed.*again/);
  });
});
