import type { RouterContext } from '@koa/router';
import { BSON, type Filter, MongoServerError } from 'mongodb';
import type { BoundedDb } from '../platform/database';
import { Problem } from '../platform/problem';
import { etagOf, isNotModified } from '../platform/request';
import { documents, type Identifier, type StoredDocument } from './document';
import { insert, refusal } from './insertQueue/insertQueue';

/** Times that a change is tried again because somebody else changed the document between its reading and its writing. */
const attempts = 10;
/** The most that MongoDB takes as one document, and so as one command. */
export const commandBytes = 16_777_216;
/** Bytes up to which a document is small: as large as those that clients send, by default. */
const smallBytes = 1_048_576;

/** A document's fields, with or without `_id`. */
export type Fields = Readonly<Record<string, unknown>>;
/**
 * What a request makes of the document, if it `exists`: fields to store, or undefined to remove it. `stored` is there for PATCH and
 * under preconditions, with BSON's own types, so that those of other programs survive.
 */
export type Change = (exists: boolean, stored: StoredDocument | undefined) => Fields | undefined;

/** The document of this id, as it is stored now; null if there is none. */
export async function read(db: BoundedDb, id: Identifier, projection = {}): Promise<Buffer | null> {
  const options = { ...db.bounds, projection, raw: true };
  return (await documents(db).findOne({ _id: id }, options)) as unknown as Buffer | null;
}

/** Bytes of the document of this id; and the document, if it is small: nothing large is held while a request waits for memory. */
export async function measure(db: BoundedDb, id: Identifier) {
  const bytes = { $bsonSize: '$$ROOT' };
  const small = { $cond: [{ $lte: [bytes, smallBytes] }, ['$$ROOT'], []] };
  const options = { ...db.bounds, projection: { _id: 0, bytes, small }, fieldsAsRaw: { small: true } };
  return documents(db).findOne<{ readonly bytes: number; readonly small: readonly Buffer[] }>({ _id: id }, options);
}

/** Whether `change` needs what is stored: for PATCH, and for preconditions. */
export function needsStored(context: RouterContext): boolean {
  return context.method === 'PATCH' || context.get('If-Match') !== '' || context.get('If-None-Match') !== '';
}

/** Writes what `next` makes of the stored document, if the preconditions hold, and answers. If others changed it meanwhile, tries again. */
export async function change(context: RouterContext, db: BoundedDb, id: Identifier, next: Change): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const { filter, document, isNew } = await prepare(context, db, id, next);
    if (!(await write(db, filter, document, isNew))) continue;
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

/** Reads the document, and finds what to write. What is stored may be large: of it only what the write needs is kept. */
async function prepare(context: RouterContext, db: BoundedDb, id: Identifier, next: Change) {
  const isNeeded = needsStored(context);
  const bson = await read(db, id, isNeeded ? {} : { _id: 1 });
  const isNew = bson === null;
  const options = { promoteValues: false, bsonRegExp: true };
  const stored = bson && isNeeded ? (BSON.deserialize(bson, options) as StoredDocument) : undefined;
  const fields = next(!isNew, stored);
  isNotModified(context, isNew ? undefined : etagOf(bson));
  const document = fields && idFirst({ ...fields, _id: id });
  if (isNew || stored === undefined) return { filter: { _id: id }, document, isNew };
  if (document) refuseLarge(id, bson.length, BSON.calculateObjectSize(document));
  return { filter: unchanged(bson, stored), document, isNew };
}

/** Inserts a document that `isNew`, replaces the one that matches, or removes it. Resolves to false if somebody else was faster. */
async function write(
  db: BoundedDb,
  filter: Filter<StoredDocument>,
  document: ReadonlyMap<string, unknown> | undefined,
  isNew: boolean,
): Promise<boolean> {
  const collection = documents(db);
  if (document === undefined) return (await collection.deleteOne(filter, db.bounds)).deletedCount === 1;
  if (!isNew) {
    // `replaceOne` takes a name that begins with `$` for an operator.
    const replacement = [{ $replaceWith: { $literal: document } }];
    const updated = await collection.updateOne(filter, replacement, db.bounds).catch((error: unknown) => {
      const isOfDocument = error instanceof MongoServerError && 'index' in error; // not of the command
      throw isOfDocument ? refusal(filter._id as Identifier, error.code, error.errmsg) : error;
    });
    return updated.matchedCount === 1;
  }
  const failure = (await insert(db, [Object.fromEntries(document) as StoredDocument])).get(0);
  if (failure !== undefined && failure.kind !== 'duplicate-id') throw failure;
  return failure === undefined;
}

/** The command has the document as it was and as it will be. */
function refuseLarge(id: Identifier, before: number, after: number): void {
  if (before + after <= commandBytes) return;
  throw new Problem(422, 'too-large-document', {
    detail: `The document '${id}' has ${before} bytes, and ${after} after the change: more than ${commandBytes} together, which is the most for one command. Nothing was written. PUT a smaller one.`,
  });
}

/** Matches the document as long as nobody changes it. */
function unchanged(bson: Buffer, document: StoredDocument): Filter<StoredDocument> {
  const literal = idFirst(document);
  if (!BSON.serialize(literal).every((byte, index) => byte === bson[index])) {
    throw new Problem(422, 'unordered-names', {
      detail: `The document '${document._id}' has names that are whole numbers in an order which only other programs keep. Change it with such a program.`,
    });
  }
  return { _id: document._id, $expr: { $eq: ['$$ROOT', { $literal: literal }] } } as unknown as Filter<StoredDocument>;
}

/** The document with `_id` first, as MongoDB stores it: in a JavaScript object, names such as `1` would come before it. */
function idFirst({ _id, ...fields }: StoredDocument): Map<string, unknown> {
  return new Map<string, unknown>([['_id', _id], ...Object.entries(fields)]);
}

/** RFC 7396. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const fields = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) fields.delete(name);
    else fields.set(name, mergePatch(fields.get(name), value));
  }
  return Object.fromEntries(fields); // not by assignment: a field may be named `__proto__`
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('_bsontype' in value);
}
