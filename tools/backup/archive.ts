import { BSON } from 'mongodb';

/** The first bytes of an archive of mongodump. */
const magic = 0x8199e26d;
/** Ends a list of BSON documents, instead of the length of another one. */
const terminator = -1;
/** Upper bound of a BSON document: MongoDB's limit is 16 MiB, and an entry of the oplog can be slightly larger. */
const maxDocument = 64 * 2 ** 20;

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
 * passwords, and mongorestore would replace those of its server.
 *
 * The format (github.com/mongodb/mongo-tools, archive/): magic number, header, metadata of each collection, terminator; then blocks of a
 * namespace, documents and a terminator, which alternate between collections. The last block of a collection is empty, with `EOF` in
 * its namespace.
 */
export class ArchiveFilter {
  readonly #counts: Record<string, number> = {};
  #changes: number | undefined;
  #state: 'magic' | 'header' | 'metadata' | 'namespace' | 'documents' = 'magic';
  #namespace: Namespace | undefined;
  /** Collections without their last block. */
  readonly #open = new Set<string>();

  constructor(private readonly database: string) {}

  get contents(): ArchiveContents {
    return { collections: this.#counts, ...(this.#changes !== undefined && { changes: this.#changes }) };
  }

  /**
   * The parts of `source` to keep.
   * @throws if it is not a complete archive
   */
  async *filter(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let parts: Buffer[] = [];
    let [read, needed] = [0, 4];
    for await (const part of source) {
      parts.push(part);
      read += part.length;
      if (read < needed) continue; // concatenates the parts of a large document only once
      const bytes = Buffer.concat(parts);
      let [start, at] = [0, 0];
      for (needed = 4; at + needed <= bytes.length; ) {
        needed = this.#length(bytes.readInt32LE(at));
        if (at + needed > bytes.length) break;
        const kept = this.#accept(bytes.subarray(at, at + needed));
        if (!kept && at > start) yield bytes.subarray(start, at);
        at += needed;
        if (!kept) start = at;
        needed = 4;
      }
      if (at > start) yield bytes.subarray(start, at);
      parts = [bytes.subarray(at)];
      read = bytes.length - at;
    }
    if (read > 0 || this.#state !== 'namespace' || this.#open.size > 0) throw new Error('The archive is truncated.');
  }

  /** Length of the element that starts with `head`. */
  #length(head: number): number {
    if (this.#state === 'magic' || head === terminator) return 4;
    if (head >= 5 && head <= maxDocument) return head;
    throw new Error('The archive is damaged.');
  }

  /** Whether to keep the next element. */
  #accept(element: Buffer): boolean {
    const ends = element.length === 4;
    switch (this.#state) {
      case 'magic':
        if (element.readUInt32LE(0) !== magic) throw new Error('This is not an archive of mongodump.');
        this.#state = 'header';
        return true;
      case 'header':
        this.#state = 'metadata';
        return true;
      case 'metadata':
        if (ends) this.#state = 'namespace';
        return ends || this.#keeps(BSON.deserialize(element) as unknown as Namespace);
      case 'namespace':
        if (ends) throw new Error('The archive is damaged.');
        this.#namespace = BSON.deserialize(element) as unknown as Namespace;
        this.#begin(this.#namespace);
        this.#state = 'documents';
        return this.#keeps(this.#namespace);
      case 'documents': {
        const namespace = this.#namespace;
        if (!namespace) throw new Error('The archive is damaged.');
        if (ends) this.#state = 'namespace';
        else this.#count(namespace, element);
        return this.#keeps(namespace);
      }
    }
  }

  #keeps({ db }: Namespace): boolean {
    return db === this.database || db === '';
  }

  #begin(namespace: Namespace): void {
    const { db, collection, EOF } = namespace;
    if (EOF) this.#open.delete(`${db}.${collection}`);
    else this.#open.add(`${db}.${collection}`);
    if (!this.#keeps(namespace)) return;
    if (db === '') this.#changes ??= 0;
    else this.#counts[collection] ??= 0;
  }

  #count(namespace: Namespace, element: Buffer): void {
    const { db, collection } = namespace;
    if (!this.#keeps(namespace)) return;
    if (db !== '') {
      this.#counts[collection] = (this.#counts[collection] ?? 0) + 1;
      return;
    }
    const { op, ns } = BSON.deserialize(element) as { readonly op: string; readonly ns: string };
    if (/^admin\.system\.(users|roles)$/.test(ns))
      throw new Error('A user of the database was changed during the backup. Run it again.');
    if (/^[iud]$/.test(op) && !/^(admin|config)\./.test(ns)) this.#changes = (this.#changes ?? 0) + 1;
  }
}
