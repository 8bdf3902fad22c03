import { BSON, type Collection, type Db, ObjectId } from 'mongodb';
import { Problem } from '../platform/problem';
import { badDocument } from './parseJson';
import type { SchemaCheck } from './schema';

/** Id of a document: an ObjectId, or a string from the client. */
export type Identifier = ObjectId | string;

/** A document as it is stored. */
export interface StoredDocument {
  readonly _id: Identifier;
  readonly [field: string]: unknown;
}

/** Longest id, in UTF-16 units: with it, a page's cursor and `Location` stay far below Node's 16 KiB of headers. */
export const maxIdentifier = 256;

/**
 * Nested objects and arrays that are read from BSON. MongoDB's own limit of 200 is that of a whole command, which nests the document a few
 * levels deep.
 */
const maxDepth = 150;
/** Not by the import itself: in the bundle that is a getter. */
const bsonType = BSON.BSONType;
/** Keeps BSON's own types. Texts of other programs may not be UTF-8. */
const ownTypes = { promoteValues: false, bsonRegExp: true, validation: { utf8: false } } as const;

/** The collection of `/data`. */
export function documents(db: Db): Collection<StoredDocument> {
  return db.collection<StoredDocument>('data');
}

/** Fields in their order. Objects in them are maps as well. */
export type Fields = ReadonlyMap<string, unknown>;

/**
 * The fields of the BSON document at `at`, with BSON's own types, so that they can be stored unchanged. What is nested more than `depth`
 * deep is left out. The library's own objects have names such as `1` first, and are references if they have `$ref` and `$id`.
 */
export function fieldsOf(bson: Buffer, at = 0, depth = maxDepth): Fields {
  return new Map(
    Array.from(BSON.onDemand.parseToElements(bson, at), ([type, nameAt, nameLength, valueAt, length]) => [
      bson.toString('utf8', nameAt, nameAt + nameLength),
      readValue(bson, type, valueAt, length, depth - 1),
    ]),
  );
}

/** `BSON.deserialize` takes microseconds for each value, so it reads only types that JSON does not have. */
function readValue(bson: Buffer, type: number, at: number, length: number, depth: number): unknown {
  switch (type) {
    case bsonType.object:
      return depth > 0 ? fieldsOf(bson, at, depth) : undefined;
    case bsonType.array:
      if (depth === 0) return undefined;
      return Array.from(BSON.onDemand.parseToElements(bson, at), ([type, , , at, length]) =>
        readValue(bson, type, at, length, depth - 1),
      );
    case bsonType.string:
      return bson.toString('utf8', at + 4, at + length - 1);
    case bsonType.int:
      return new BSON.Int32(bson.readInt32LE(at));
    case bsonType.double:
      return new BSON.Double(bson.readDoubleLE(at));
    case bsonType.bool:
      return bson[at] === 1;
    case bsonType.null:
      return null;
    default:
      return BSON.deserialize(toBson([Buffer.of(type, 0), bson.subarray(at, at + length)]), ownTypes)[''];
  }
}

/** The BSON document of `elements`, which are BSON themselves. */
export function toBson(elements: readonly Buffer[]): Buffer {
  const bson = Buffer.concat([Buffer.alloc(4), ...elements, Buffer.alloc(1)]);
  bson.writeInt32LE(bson.length);
  return bson;
}

/**
 * Reads an id as clients see it: 24 lower-case hexadecimal digits are an ObjectId, any other text is itself. `where` begins the
 * message.
 */
export function parseIdentifier(text: string, where: string): Identifier {
  // The paths of the first four lead elsewhere.
  if (['', '.', '..', 'changes'].includes(text) || text.length > maxIdentifier || /[\p{Surrogate}\0]/u.test(text)) {
    throw new Problem(422, 'bad-id', {
      detail: `${where} has an _id that is empty, '.', '..' or 'changes', has more than ${maxIdentifier} characters, or NUL or half a surrogate pair in it. Send another, or none.`,
    });
  }
  return /^[0-9a-f]{24}$/.test(text) ? ObjectId.createFromHexString(text) : text;
}

/** Validates a document, and adds an id if it has none. `where` begins the message. */
export function parseDocument(value: unknown, where: string, checkSchema?: SchemaCheck): StoredDocument {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badDocument(`${where} is ${describe(value)}. Send an object.`);
  }
  checkSchema?.(value, where);
  const { _id } = value as { readonly _id?: unknown };
  if (_id !== undefined && typeof _id !== 'string') {
    throw badDocument(`${where} has an _id that is ${describe(_id)}. Send a string, or none.`);
  }
  return Object.assign(value, { _id: _id === undefined ? new ObjectId() : parseIdentifier(_id, where) });
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  return value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
