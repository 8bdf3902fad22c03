import type { RouterContext } from '@koa/router';
import { BSON, type Filter, MongoServerError } from 'mongodb';
import type { BoundedDb } from '../platform/database';
import { Problem } from '../platform/problem';
import { readBody, unsupportedType } from '../platform/readBody';
import { etagOf, isNotModified } from '../platform/request';
import { documents, type Identifier, noDocument, parseIdentifier, type StoredDocument } from './identifier';
import { duplicateKey } from './insertQueue/insert';
import { toJson } from './jsonWriter/jsonWriter';
import { parseDocument } from './parseDocument';
import { parseJson } from './parseJson';
import type { ExampleDependencies } from './routes';
import type { SchemaCheck } from './schema';

type Handler = (context: RouterContext) => Promise<void>;

/** Times that a change is tried again because somebody else changed the document between its reading and its writing. */
const attempts = 10;

/** `/data/:id`, under the preconditions of RFC 9110. */
export function oneDocument(dependencies: ExampleDependencies, checkSchema?: SchemaCheck) {
  const { database, memory } = dependencies;
  const idOf = (context: RouterContext): Identifier => parseIdentifier(context.params.id ?? '');

  /** One document with its ETag, or 304. */
  const get: Handler = async (context) => {
    const id = idOf(context);
    const found = await database.run((db) => read(db, id));
    if (found === undefined) throw noDocument(id);
    if (isNotModified(context, found.etag)) return;
    memory.reserve(2 * found.bson.length, context.res); // its BSON and its JSON, at the pace of the client
    context.set('Content-Type', 'application/json');
    context.body = toJson(found.bson);
  };

  /** Removes the document. */
  const remove: Handler = async (context) => {
    const id = idOf(context);
    await database.run((db) =>
      change(db, id, async (found) => {
        if (found === undefined) throw noDocument(id);
        isNotModified(context, found.etag);
        const filter = isConditional(context) ? unchanged(found) : { _id: id };
        return (await documents(db).deleteOne(filter, db.bounds)).deletedCount === 1;
      }),
    );
    context.remove('ETag');
    context.status = 204;
  };

  /** Stores a document under its id, in place of the one that is there. */
  const put: Handler = async (context) => {
    const id = idOf(context);
    const fields = await readFields(context, dependencies, ['application/json'], checkSchema);
    await database.run((db) => store(context, db, id, () => fields));
  };

  /** Changes some fields of the document, by a JSON merge patch (RFC 7396). */
  const patch: Handler = async (context) => {
    const id = idOf(context);
    const changes = await readFields(context, dependencies, ['application/merge-patch+json', 'application/json']);
    await database.run((db) =>
      store(context, db, id, (stored) => {
        if (stored === undefined) throw noDocument(id);
        const merged = mergePatch(stored, changes) as Fields;
        checkSchema?.(asJson(merged), 'The changed document');
        return merged;
      }),
    );
  };

  return { get, put, patch, remove };
}

type Fields = Readonly<Record<string, unknown>>;

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

function isConditional(context: RouterContext): boolean {
  return context.get('If-Match') !== '' || context.get('If-None-Match') !== '';
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

/** Calls `write` with the document as it is now, until it was not changed by others in between: then `write` returns true. */
async function change(
  db: BoundedDb,
  id: Identifier,
  write: (found: Current | undefined) => Promise<boolean>,
): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt += 1) if (await write(await read(db, id))) return;
  throw new Problem(409, 'changed-meanwhile', {
    detail: `The document '${id}' was changed by others ${attempts} times meanwhile. Nothing was written. Send it again.`,
  });
}

/** Writes what `next` makes of the stored document, if the request's preconditions hold. */
async function store(
  context: RouterContext,
  db: BoundedDb,
  id: Identifier,
  next: (stored: StoredDocument | undefined) => Fields,
): Promise<void> {
  await change(db, id, async (found) => {
    isNotModified(context, found?.etag);
    const document = { ...next(found?.document), _id: id };
    const filter = found && (context.method === 'PATCH' || isConditional(context)) ? unchanged(found) : { _id: id };
    const written = found === undefined ? await insertNew(db, document) : await replace(db, filter, document);
    if (!written) return false;
    context.set('ETag', etagOf(Buffer.from(BSON.serialize(idFirst(document)))));
    context.status = found === undefined ? 201 : 204;
    if (found === undefined) {
      context.set('Location', context.path);
      context.body = { id };
    }
    return true;
  });
}

async function insertNew(db: BoundedDb, document: StoredDocument): Promise<boolean> {
  try {
    return (await documents(db).insertOne(document, db.bounds)).acknowledged;
  } catch (error) {
    if (error instanceof MongoServerError && error.code === duplicateKey) return false; // somebody else was faster
    throw error;
  }
}

async function replace(db: BoundedDb, filter: Filter<StoredDocument>, document: StoredDocument): Promise<boolean> {
  // `replaceOne` takes a name that begins with `$` for an operator.
  const replacement = [{ $replaceWith: { $literal: idFirst(document) } }];
  return (await documents(db).updateOne(filter, replacement, db.bounds)).matchedCount === 1;
}

/** The fields that the body has, without `_id`, which must be that of the path if it is given. */
async function readFields(
  context: RouterContext,
  dependencies: ExampleDependencies,
  types: string[],
  checkSchema?: SchemaCheck,
): Promise<Fields> {
  if (context.is(types) === false) throw unsupportedType(context, types);
  const body = parseJson(await readBody(context, dependencies), 'The body');
  const given = (body as { readonly _id?: unknown } | null)?._id;
  const { _id, ...fields } = parseDocument(body, dependencies.limits.depth, 'The body', checkSchema);
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
