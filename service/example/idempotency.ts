import { createHash } from 'node:crypto';
import type { Collection } from 'mongodb';
import type { BoundedDb } from '../platform/database';
import { Problem } from '../platform/problem';
import { documents, type Identifier } from './identifier';

/** What a client is answered, and is answered again. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly location?: string;
}

/** What is remembered of an `Idempotency-Key`. */
interface KeyRecord {
  readonly _id: string;
  /** Hash of the body that came with it. */
  readonly fingerprint: string;
  /** The ids of its documents: an attempt that is repeated meets its own documents, and stores none twice. */
  readonly ids: readonly Identifier[];
  /** Those of the ids that other requests had stored before: a document of one of these is a duplicate. */
  readonly taken: readonly Identifier[];
  readonly expiresAt: Date;
  /** There when an attempt came to its end. */
  readonly answer?: Answer;
}

/** Remembers requests by their `Idempotency-Key`, in the database, for all pods. */
export class Idempotency {
  #indexed: Promise<unknown> | undefined;

  /** Keys are forgotten after `hours`. */
  constructor(readonly hours: number) {}

  /** Begins, or repeats, the request of `key`. Throws a 422 `Problem` when the key came with another body before. */
  async begin(db: BoundedDb, key: string, body: string, ids: readonly Identifier[]): Promise<KeyRecord> {
    await this.#index(db);
    const taken = await documents(db)
      .find({ _id: { $in: [...ids] } }, { ...db.bounds, projection: { _id: 1 } })
      .toArray();
    const fingerprint = createHash('sha256').update(body).digest('base64');
    const record = {
      fingerprint,
      ids,
      taken: taken.map(({ _id }) => _id),
      expiresAt: new Date(Date.now() + this.hours * 3_600_000),
    };
    const options = { ...db.bounds, upsert: true, returnDocument: 'after' } as const;
    const known = await records(db).findOneAndUpdate({ _id: key }, { $setOnInsert: record }, options);
    if (known?.fingerprint === fingerprint) return known;
    throw new Problem(422, 'key-reused', {
      detail: `The Idempotency-Key '${key}' came with another body before. Send a new key with a new body.`,
    });
  }

  /** Keeps the answer, for those who ask again. */
  async finish(db: BoundedDb, key: string, answer: Answer): Promise<void> {
    await records(db).updateOne({ _id: key, answer: { $exists: false } }, { $set: { answer } }, db.bounds);
  }

  /** MongoDB itself deletes old records. Asked for once by each process, and again after a failure. */
  async #index(db: BoundedDb): Promise<void> {
    this.#indexed ??= records(db).createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 });
    await this.#indexed.catch((error: unknown) => {
      this.#indexed = undefined;
      throw error;
    });
  }
}

/** Reads the `Idempotency-Key` header, a text or, as its draft standard has it, a quoted string. `undefined` if there is none. */
export function parseKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [, quoted] = /^"((?:[^"\\]|\\["\\])*)"$/.exec(header) ?? [];
  const key = quoted === undefined ? header : quoted.replace(/\\(.)/g, '$1');
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new Problem(400, 'bad-key', {
    detail: 'The Idempotency-Key is not 1 to 255 visible ASCII characters. Send a UUID.',
  });
}

function records(db: BoundedDb): Collection<KeyRecord> {
  return db.collection<KeyRecord>('idempotency');
}
