import { type Collection, type Db, ObjectId } from 'mongodb';
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

/** For `BSON.deserialize`: keeps BSON's own types, so that they are stored unchanged. Texts of other programs may not be UTF-8. */
export const ownTypes = { promoteValues: false, bsonRegExp: true, validation: { utf8: false } } as const;

/** The collection of `/data`. */
export function documents(db: Db): Collection<StoredDocument> {
  return db.collection<StoredDocument>('data');
}

/**
 * Reads an id as clients see it: 24 lower-case hexadecimal digits are an ObjectId, any other text is itself. `where` begins the
 * message.
 */
export function parseIdentifier(text: string, where: string): Identifier {
  if (text === '' || text.length > maxIdentifier || /[\p{Surrogate}\0]/u.test(text)) {
    throw new Problem(422, 'bad-id', {
      detail: `${where} has an _id that is empty, has more than ${maxIdentifier} characters, or NUL or half a surrogate pair in it. Send another, or none.`,
    });
  }
  if (['.', '..', 'changes'].includes(text)) {
    throw new Problem(422, 'bad-id', {
      detail: `${where} has the _id '${text}', which is not possible, because /data/${text} leads elsewhere. Send another, or none.`,
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
