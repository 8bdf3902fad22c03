import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { BSON } from 'mongodb';
import type { BoundedDb } from '../platform/database';
import { text } from '../platform/endpoint';
import { Problem } from '../platform/problem';
import { documents, type Identifier, type StoredDocument } from './document';
import { insert } from './insertQueue/insertQueue';

/** The response to a request and to its repetitions. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly location?: string;
}

/** The record of an `Idempotency-Key`. */
interface KeyRecord {
  readonly _id: string;
  /** Hash of the body that came with it. */
  readonly fingerprint: string;
  /** The ids of its documents: a repeated attempt finds its own documents, and stores none twice. */
  readonly ids: readonly Identifier[];
  /** The ids that existed before the request: its documents with these ids are duplicates. */
  readonly taken: readonly Identifier[];
  readonly expiresAt: Date;
  /** Set when an attempt has completed. */
  readonly answer?: Answer;
}

/** Remembers requests by their `Idempotency-Key`, in the database, for all pods. Keys are forgotten after `hours`. */
export class Idempotency {
  #indexed: Promise<unknown> | undefined;

  constructor(readonly hours: number) {}

  /**
   * Stores `items` of the request with `key`, none of them twice, and returns the answer of `toAnswer` for their ids and failures. A
   * completed key gets the same answer. Throws a 422 `Problem` if the key was used with another body.
   */
  async store(
    db: BoundedDb,
    key: string,
    body: string,
    items: readonly StoredDocument[],
    toAnswer: (ids: readonly Identifier[], failures: ReadonlyMap<number, Problem>) => Answer,
  ): Promise<Answer> {
    const records = db.collection<KeyRecord>('idempotency');
    // MongoDB deletes old records itself. Each process creates the index once, and again after a failure.
    this.#indexed ??= records.createIndex({ expiresAt: 1 }, { ...db.bounds, expireAfterSeconds: 0 });
    await this.#indexed.catch((error: unknown) => {
      this.#indexed = undefined;
      throw error;
    });

    const ids = items.map(({ _id }) => _id);
    const found = documents(db).find({ _id: { $in: ids } }, { ...db.bounds, projection: { _id: 1 } });
    const taken = (await found.toArray()).map(({ _id }) => _id);
    const fingerprint = hash('sha256', body, 'base64');
    const record = { fingerprint, ids, taken, expiresAt: new Date(Date.now() + this.hours * 3_600_000) };
    const options = { ...db.bounds, upsert: true, returnDocument: 'after' } as const;
    const known = await records.findOneAndUpdate({ _id: key }, { $setOnInsert: record }, options);
    if (known?.fingerprint !== fingerprint) {
      throw new Problem(422, 'key-reused', {
        detail: `The Idempotency-Key '${key}' came with another body before. Send a new key with a new body.`,
      });
    }
    if (known.answer !== undefined) return known.answer;
    const answer = toAnswer(known.ids, await insertOnce(db, items, known));
    await records.updateOne({ _id: key, answer: { $exists: false } }, { $set: { answer } }, db.bounds);
    return answer;
  }
}

/** Stores `items` as `insert` does, with the ids of the first attempt. One that an earlier attempt has stored is no failure. */
async function insertOnce(db: BoundedDb, items: readonly StoredDocument[], { ids, taken }: KeyRecord) {
  const same = items.map((item, index) => ({ ...item, _id: ids[index] ?? item._id }));
  const names = ids.map(String);
  const theirs = new Set(taken.map(String));
  const failures = await insert(db, same);
  for (const [index, { kind }] of failures) {
    const name = names[index] as string;
    const isFirst = names.indexOf(name) === index; // an earlier item with the same id is not an earlier attempt
    if (kind !== 'duplicate-id' || !isFirst || theirs.has(name)) continue;
    const isGenerated = String(items[index]?._id) !== name; // by an earlier attempt, so that it is nobody else's
    if (isGenerated) {
      failures.delete(index);
      continue;
    }
    const item = same[index] as StoredDocument;
    const bson = BSON.serialize(item);
    const isAsLarge = { $eq: [{ $bsonSize: '$$ROOT' }, bson.length] }; // another one may be much larger, and is not read
    const stored = await documents(db).findOne({ _id: item._id, $expr: isAsLarge }, db.bounds);
    if (isDeepStrictEqual(stored, BSON.deserialize(bson))) failures.delete(index);
  }
  return failures;
}

/** The header: a text, as OpenAPI clients send it, or a quoted string, as in its draft standard. */
export const idempotencyKey = text(
  'header',
  'Makes retries safe: the same key gets the same response, and nothing is stored twice. Not for NDJSON.',
  parseKey,
  { pattern: '^(?!""$)[!-~]{1,255}$' },
);

function parseKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [, quoted] = /^"((?:[^"\\]|\\["\\])*)"$/.exec(header) ?? [];
  const key = quoted === undefined ? header : quoted.replace(/\\(.)/g, '$1');
  if (/^[!-~]{1,255}$/.test(key)) return key;
  throw new Problem(400, 'bad-key', {
    detail:
      'The Idempotency-Key is not 1 to 255 visible ASCII characters. Send a UUID, or no key with application/x-ndjson.',
  });
}
