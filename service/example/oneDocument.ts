import type { RouterContext } from '@koa/router';
import { BSON, type Filter, MongoServerError } from 'mongodb';
import type { BoundedDb } from '../platform/database';
import { Problem } from '../platform/problem';
import { readBody, unsupportedType } from '../platform/readBody';
import { etagOf, isNotModified } from '../platform/request';
import { documents, type Identifier, parseDocument, parseIdentifier, type StoredDocument } from './document';
import { duplicateKey } from './insertQueue/insertQueue';
import { toJson } from './jsonWriter/jsonWriter';
import { parseJson } from './parseJson';
import type { ExampleDependencies } from './routes';

/** Times that a change is tried again because somebody else changed the document between its reading and its writing. */
const attempts = 10;

type Handler = (context: RouterContext) => Promise<void>;
type Fields = Readonly<Record<string, unknown>>;
/** What a request makes of the document that is stored, if one is: fields to store, or undefined to remove it. */
type Change = (stored: StoredDocument | undefined) => Fields | undefined;

/** `/data/:id`, under the preconditions of RFC 9110. */
export function oneDocument(dependencies: ExampleDependencies) {
  const { checkSchema, database, memory } = dependencies;
  const idOf = (context: RouterContext): Identifier => parseIdentifier(context.params.id ?? '');

  const get: Handler = async (context) => {
    const id = idOf(context);
    const found = await database.run((db) => read(db, id));
    if (found === undefined) throw noDocument(id);
    if (isNotModified(context, found.etag)) return;
    memory.reserve(2 * found.bson.length, context.res); // its BSON and its JSON, at the pace of the client
    context.set('Content-Type', 'application/json');
    context.body = toJson(found.bson);
  };

  /** A handler that changes the document as `prepare`, which may read the body, says. */
  const changing =
    (prepare: (context: RouterContext, id: Identifier) => Promise<Change>): Handler =>
    async (context) => {
      const id = idOf(context);
      const next = await prepare(context, id);
      await database.run((db) => change(context, db, id, next));
    };

  const remove = changing(async (_context, id) => (stored) => {
    if (stored === undefined) throw noDocument(id);
    return undefined;
  });

  const put = changing(async (context) => {
    const fields = await readFields(context, dependencies, ['application/json']);
    return () => fields;
  });

  /** Changes some fields of the document, by a JSON merge patch (RFC 7396). */
  const patch = changing(async (context, id) => {
    const types = ['application/merge-patch+json', 'application/json'];
    const changes = await readFields(context, { ...dependencies, checkSchema: undefined }, types);
    return (stored) => {
      if (stored === undefined) throw noDocument(id);
      const merged = mergePatch(stored, changes) as Fields;
      checkSchema?.(asJson(merged), 'The changed document');
      return merged;
    };
  });

  return { get, put, patch, remove };
}

/** A document as it is stored now. */
interface Current {
  readonly bson: Buffer;
  readonly etag: string;
  /** With BSON's own types, so that those of other programs survive. */
  readonly document: StoredDocument;
}

async function read(db: BoundedDb, id: Identifier): Promise<Current | undefined> {
  const bson = (await documents(db).findOne({ _id: id }, { ...db.bounds, raw: true })) as unknown as Buffer | null;
  if (bson === null) return undefined;
  const document = BSON.deserialize(bson, { promoteValues: false, bsonRegExp: true }) as StoredDocument;
  return { bson, etag: etagOf(bson), document };
}

/** Writes what `next` makes of the stored document, if the preconditions hold, and answers. Again if others changed it in between. */
async function change(context: RouterContext, db: BoundedDb, id: Identifier, next: Change): Promise<void> {
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
    detail: `The document '${id}' was changed by others ${attempts} times meanwhile. Nothing was written. Send it again.`,
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
  try {
    return (await collection.insertOne(Object.fromEntries(document) as StoredDocument, db.bounds)).acknowledged;
  } catch (error) {
    if (error instanceof MongoServerError && error.code === duplicateKey) return false;
    throw error;
  }
}

/** Matches the document as long as nobody changes it. */
function unchanged({ bson, document }: Current): Filter<StoredDocument> {
  const literal = idFirst(document);
  if (!BSON.serialize(literal).every((byte, index) => byte === bson[index])) {
    throw new Problem(422, 'unordered-names', {
      detail: `The document '${document._id}' has names that are whole numbers in an order which only other programs keep. Use those.`,
    });
  }
  return { _id: document._id, $expr: { $eq: ['$$ROOT', { $literal: literal }] } } as unknown as Filter<StoredDocument>;
}

/** The document with `_id` first, as MongoDB stores it: in a JavaScript object, names such as `1` would come before it. */
function idFirst({ _id, ...fields }: StoredDocument): Map<string, unknown> {
  return new Map<string, unknown>([['_id', _id], ...Object.entries(fields)]);
}

/** The fields that the body has, without `_id`, which must be that of the path if it is given. */
async function readFields(context: RouterContext, dependencies: ExampleDependencies, types: string[]): Promise<Fields> {
  if (context.is(types) === false) throw unsupportedType(context, types);
  const body = parseJson(await readBody(context, dependencies), 'The body');
  const given = (body as { readonly _id?: unknown } | null)?._id;
  const { _id, ...fields } = parseDocument(body, 'The body', dependencies);
  if (given === undefined || given === context.params.id) return fields;
  throw new Problem(422, 'other-id', {
    detail: `The body's _id is '${given}', and the path's '${context.params.id}'. Send the same, or none in the body.`,
  });
}

/** A document with BSON's types as clients see it. */
function asJson(document: Fields): object {
  return JSON.parse(toJson(Buffer.from(BSON.serialize(document))).toString()) as object;
}

/** RFC 7396. */
function mergePatch(target: unknown, patch: unknown): unknown {
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

function noDocument(id: Identifier): Problem {
  return new Problem(404, 'no-document', {
    detail: `No document has the _id '${id}'. GET /data lists those that there are.`,
  });
}
