import type { RouterContext } from '@koa/router';
import { BSON, type Filter, MongoServerError } from 'mongodb';
import type { BoundedDb, Database } from '../platform/database';
import { jsonFactor } from '../platform/memory';
import { Problem } from '../platform/problem';
import { etagOf, isNotModified } from '../platform/request';
import { documents, type Fields, fieldsOf, type Identifier, type StoredDocument } from './document';
import { insert, refusal } from './insertQueue/insertQueue';
import { toJson } from './jsonWriter/jsonWriter';
import type { SchemaCheck } from './schema';

/** Attempts at a change, if other clients change the document between its reading and writing. */
const attempts = 10;
/** Maximum bytes of a document in MongoDB, and so of a command. */
const commandBytes = 16_777_216;
/** Maximum bytes of a small document: the default limit of clients' documents. */
const smallBytes = 1_048_576;

/**
 * Returns the new fields of the document, with or without `_id`, or undefined to delete it. `stored` is given for PATCH and
 * preconditions.
 */
export type Change = (stored: Fields | undefined) => Fields | undefined;

/** The stored document with this id; null if there is none. */
export async function read(db: BoundedDb, id: Identifier): Promise<Buffer | null> {
  return (await documents(db).findOne({ _id: id }, { ...db.bounds, raw: true })) as unknown as Buffer | null;
}

/** Bytes of the document with this id, and the document if it is small: a request waits for memory before it reads a large one. */
export async function measure(db: BoundedDb, id: Identifier) {
  const bytes = { $bsonSize: '$$ROOT' };
  const small = { $cond: [{ $lte: [bytes, smallBytes] }, ['$$ROOT'], []] };
  const options = { ...db.bounds, projection: { _id: 0, bytes, small }, fieldsAsRaw: { small: true } };
  return documents(db).findOne<{ readonly bytes: number; readonly small: readonly Buffer[] }>({ _id: id }, options);
}

/** Whether `change` needs the stored document: for PATCH, and for preconditions. */
function needsStored({ method, headers }: RouterContext): boolean {
  return method === 'PATCH' || headers['if-match'] !== undefined || headers['if-none-match'] !== undefined;
}

/** Bytes of memory for the stored document, as BSON and as objects, if `change` needs it. */
export async function memoryOf(context: RouterContext, database: Database, id: Identifier): Promise<number> {
  if (!needsStored(context)) return 0;
  return jsonFactor * ((await database.run((db) => measure(db, id)))?.bytes ?? 0);
}

/** Writes the result of `next`, if the preconditions hold, and responds. Retries if other clients change the document meanwhile. */
export async function change(context: RouterContext, db: BoundedDb, id: Identifier, next: Change): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const bson = needsStored(context) ? await read(db, id) : undefined;
    if (bson === null && context.method !== 'PUT') throw noDocument(id);
    const stored = bson ? fieldsOf(bson) : undefined;
    const fields = next(stored);
    if (bson !== undefined) isNotModified(context, bson === null ? undefined : etagOf(bson));
    // `_id` is first, as MongoDB stores it.
    const document = fields && new Map<string, unknown>([['_id', id], ...fields]);
    if (document && bson) refuseLarge(id, bson.length, BSON.calculateObjectSize(document));
    const isNew = await write(db, id, document, bson === null ? null : stored);
    if (isNew === undefined) {
      if (bson && stored) refuseForeign(id, bson, stored);
      continue;
    }
    if (document === undefined) context.remove('ETag');
    else context.set('ETag', etagOf(BSON.serialize(document)));
    context.status = isNew ? 201 : 204;
    if (!isNew) return;
    context.set('Location', context.path);
    context.body = { id };
    return;
  }
  throw new Problem(409, 'changed-meanwhile', {
    detail: `The document '${id}' was changed by other clients ${attempts} times. Nothing was written. Send it again.`,
  });
}

/**
 * Stores or deletes the document, if it is still `before`: null if it did not exist; undefined if that does not matter. MongoDB compares
 * numbers by value: it does not notice a change from 1 to 1.0, or from 0 to -0. Resolves to whether the document is new, or undefined if
 * another client was faster.
 */
async function write(
  db: BoundedDb,
  id: Identifier,
  document: Fields | undefined,
  before: Fields | null | undefined,
): Promise<boolean | undefined> {
  const collection = documents(db);
  if (document && before === null) {
    const failure = (await insert(db, [Object.fromEntries(document) as StoredDocument])).get(0);
    if (failure !== undefined && failure.kind !== 'duplicate-id') throw failure;
    return failure === undefined ? true : undefined;
  }
  const unchanged = before && { $expr: { $eq: ['$$ROOT', { $literal: before }] } };
  const filter: Filter<StoredDocument> = { _id: id, ...unchanged };
  if (document === undefined) {
    const { deletedCount } = await collection.deleteOne(filter, db.bounds);
    if (deletedCount === 0 && !before) throw noDocument(id);
    return deletedCount === 0 ? undefined : false;
  }
  // `replaceOne` treats names that start with `$` as operators.
  const replacement = [{ $replaceWith: { $literal: document } }];
  const options = { ...db.bounds, upsert: before === undefined };
  const updated = await collection.updateOne(filter, replacement, options).catch((error: unknown) => {
    const isOfDocument = error instanceof MongoServerError && 'index' in error; // not of the command
    throw isOfDocument ? refusal(id, error.code, error.errmsg) : error;
  });
  const { matchedCount, upsertedCount } = updated;
  return matchedCount + upsertedCount === 0 ? undefined : upsertedCount === 1;
}

/** The command contains the document before and after the change. */
function refuseLarge(id: Identifier, before: number, after: number): void {
  if (before + after <= commandBytes) return;
  throw new Problem(422, 'too-large-document', {
    detail: `The document '${id}' has ${before} bytes, and ${after} after the change: more than ${commandBytes} together, which is the most for one command. Nothing was written. PUT a smaller one.`,
  });
}

/** The write's filter never matches a document that is not the same after it is read and written: nobody else changed it. */
function refuseForeign(id: Identifier, bson: Buffer, stored: Fields): void {
  if (bson.equals(BSON.serialize(stored))) return;
  throw new Problem(422, 'foreign-document', {
    detail: `The document '${id}' has names, texts or nesting that only other programs keep. Nothing was written. PUT it without preconditions, or change it with such a program.`,
  });
}

/** The change by a JSON merge patch (RFC 7396). Its result must fit the schema. */
export function mergePatch(patch: object, checkSchema: SchemaCheck | undefined): Change {
  return (stored) => {
    const merged = merge(stored, patch) as Fields;
    // A larger one is refused as such.
    if (checkSchema !== undefined && BSON.calculateObjectSize(merged) <= commandBytes) {
      const json = toJson(Buffer.from(BSON.serialize(merged))).toString(); // with BSON's types as clients see them
      checkSchema(JSON.parse(json) as object, 'The changed document');
    }
    return merged;
  };
}

/** Objects in `target` are maps. */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const fields = new Map<string, unknown>(target instanceof Map ? target : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) fields.delete(name);
    else fields.set(name, merge(fields.get(name), value));
  }
  return fields;
}

/** A 404: no document has this id. */
export function noDocument(id: Identifier): Problem {
  return new Problem(404, 'no-document', { detail: `No document has the _id '${id}'. GET /data lists them all.` });
}
