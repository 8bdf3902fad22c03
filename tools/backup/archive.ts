import { BSON } from 'mongodb';

/** The first bytes of an archive of mongodump. */
const magic = 0x8199e26d;
/** Ends a list of BSON documents, instead of the length of another one. */
const terminator = 0xffffffff;
/** Upper bound of a BSON document: MongoDB's limit is 16 MiB, and an entry of the oplog can be slightly larger. */
const maxDocument = 64 * 2 ** 20;
/** Bytes that are passed on at a time. */
const chunkSize = 2 ** 16;

export interface ArchiveContents {
  /** Number of documents by collection. */
  readonly collections: Readonly<Record<string, number>>;
  /** Number of changes during the dump. Undefined without the oplog. */
  readonly changes?: number;
}

interface Namespace {
  readonly db: string;
  readonly collection: string;
  readonly EOF?: boolean;
}

/**
 * Reduces an archive of mongodump to one database and the oplog. With the oplog, mongodump includes all databases with users and
 * passwords, and mongorestore can't leave them out.
 *
 * The format (github.com/mongodb/mongo-tools, archive/): magic number, header, metadata of each collection, terminator; then blocks of a
 * namespace, documents and a terminator, which alternate between collections. The last block of a collection is empty, with `EOF` in
 * its namespace.
 */
export class ArchiveFilter {
  /** What has passed so far. */
  readonly contents: { readonly collections: Record<string, number>; changes?: number } = { collections: {} };

  constructor(private readonly database: string) {}

  /**
   * The parts of `source` to keep.
   * @throws if it is not a complete archive
   */
  async *filter(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let state: 'header' | 'metadata' | 'namespace' | Namespace = 'header';
    const incomplete = new Set<string>(); // collections without their last block
    let [kept, size]: [Buffer[], number] = [[], 0];
    for await (const element of readElements(source)) {
      const ends = element.length === 4; // magic number or terminator
      let keeps = true;
      if (state === 'header') state = ends ? 'header' : 'metadata';
      else if (ends) {
        keeps = typeof state === 'string' || this.#keeps(state);
        state = 'namespace';
      } else if (typeof state === 'object') {
        keeps = this.#keeps(state);
        if (keeps) this.#count(state, element);
      } else {
        const namespace = BSON.deserialize(element) as unknown as Namespace;
        keeps = this.#keeps(namespace);
        if (state === 'namespace') {
          state = namespace;
          const name = `${namespace.db}.${namespace.collection}`;
          if (namespace.EOF) incomplete.delete(name);
          else incomplete.add(name);
          if (keeps) this.#count(namespace);
        }
      }
      if (!keeps) continue;
      kept.push(element);
      size += element.length;
      if (size < chunkSize) continue;
      yield Buffer.concat(kept);
      [kept, size] = [[], 0];
    }
    yield Buffer.concat(kept);
    if (state !== 'namespace' || incomplete.size > 0) throw new Error('The archive is truncated.');
  }

  #keeps({ db }: Namespace): boolean {
    return db === this.database || db === '';
  }

  /** Counts a document, or a collection without one. */
  #count({ db, collection }: Namespace, document?: Buffer): void {
    const { collections, changes = 0 } = this.contents;
    if (db !== '') {
      collections[collection] = (collections[collection] ?? 0) + (document ? 1 : 0);
      return;
    }
    const { op = '', ns = '' } = document ? BSON.deserialize(document) : {};
    if (/^admin\.system\.(users|roles)$/.test(ns))
      throw new Error('A user of the database was changed during the backup. Run it again.');
    this.contents.changes = changes + (/^[iud]$/.test(op) && !/^(admin|config)\./.test(ns) ? 1 : 0);
  }
}

/** The elements of an archive: the magic number, BSON documents and terminators. */
async function* readElements(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let [read, needed, started] = [0, 4, false];
  for await (const part of source) {
    parts.push(part);
    read += part.length;
    if (read < needed) continue; // joins the parts of a large document only once
    let bytes = Buffer.concat(parts);
    for (needed = 4; bytes.length >= needed; needed = 4) {
      const [head, mark] = [bytes.readUInt32LE(0), started ? terminator : magic];
      if (head !== mark && (!started || head < 5 || head > maxDocument))
        throw new Error('This is not an archive of mongodump, or it is damaged.');
      needed = head === mark ? 4 : head;
      if (bytes.length < needed) break;
      yield bytes.subarray(0, needed);
      bytes = bytes.subarray(needed);
      started = true;
    }
    [parts, read] = [[bytes], bytes.length];
  }
  if (read > 0) throw new Error('The archive is truncated.');
}
