import type { RouterContext } from '@koa/router';
import { BSON, type Filter } from 'mongodb';
import type { BoundedDb } from '../platform/database';
import { Problem } from '../platform/problem';
import { etagOf, isNotModified } from '../platform/request';
import { documents, type Identifier, type StoredDocument } from './document';
import { insert } from './insertQueue/insertQueue';

/** Times that a change is tried again because somebody else changed the document between its reading and its writing. */
const attempts = 10;

/** A document's fields, with or without `_id`. */
export type Fields = Readonly<Record<string, unknown>>;
/** What a request makes of the document that is stored, if one is: fields to store, or undefined to remove it. */
export type Change = (stored: StoredDocument | undefined) => Fields | undefined;

/** A document as it is stored now. */
interface Current {
  readonly bson: Buffer;
  readonly etag: string;
  /** With BSON's own types, so that those of other programs survive. */
  readonly document: StoredDocument;
}

/** The document of this id; undefined if there is none. */
export async function read(db: BoundedDb, id: Identifier): Promise<Current | undefined> {
  const bson = (await documents(db).findOne({ _id: id }, { ...db.bounds, raw: true })) as unknown as Buffer | null;
  if (bson === null) return undefined;
  const document = BSON.deserialize(bson, { promoteValues: false, bsonRegExp: true }) as StoredDocument;
  return { bson, etag: etagOf(bson), document };
}

/** Writes what `next` makes of the stored document, if the preconditions hold, and answers. If others changed it meanwhile, tries again. */
export async function change(context: RouterContext, db: BoundedDb, id: Identifier, next: Change): Promise<void> {
  const isConditional = context.get('If-Match') !== '' || context.get('If-None-Match') !== '';
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const found = await read(db, id);
    const fields = next(found?.document);
    isNotModified(context, found?.etag);
    const filter = found && (context.method === 'PATCH' || isConditional) ? unchanged(found) : { _id: id };
    const document = fields && idFirst({ ...fields, _id: id });
    if (!(await write(db, filter, document, found === undefined))) continue;
    if (document === undefined) context.remove('ETag');
    else context.set('ETag', etagOf(BSON.serialize(document)));
    context.status = found === undefined ? 201 : 204;
    if (found !== undefined) return;
    context.set('Location', context.path);
    context.body = { id };
    return;
  }
  throw new Problem(409, 'changed-meanwhile', {
    detail: `The document '${id}' was changed by other clients ${attempts} times. Nothing was written. Send it again.`,
  });
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
    return (await collection.updateOne(filter, replacement, db.bounds)).matchedCount === 1;
  }
  const failure = (await insert(db, [Object.fromEntries(document) as StoredDocument])).get(0);
  if (failure !== undefined && failure.kind !== 'duplicate-id') throw failure;
  return failure === undefined;
}

/** Matches the document as long as nobody changes it. */
function unchanged({ bson, document }: Current): Filter<StoredDocument> {
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
