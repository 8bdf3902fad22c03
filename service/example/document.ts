import { type Collection, type Db, ObjectId } from 'mongodb';
import { Problem } from '../platform/problem';
import type { ExampleDependencies } from './routes';

/** How a document is named: an ObjectId, or a string of the client's own. */
export type Identifier = ObjectId | string;

/** A document as it is stored. */
export interface StoredDocument {
  readonly _id: Identifier;
  readonly [field: string]: unknown;
}

/** Longest id, in UTF-16 units: with it, a page's cursor and `Location` stay far below Node's 16 KiB of headers. */
export const maxIdentifier = 256;

/** The collection that `/data` is. */
export function documents(db: Db): Collection<StoredDocument> {
  return db.collection<StoredDocument>('data');
}

/** Reads an id as clients see it: 24 lower-case hexadecimal digits are an ObjectId, any other text is itself. */
export function parseIdentifier(text: string): Identifier {
  if (text === '' || text.length > maxIdentifier || /[\p{Surrogate}\0]/u.test(text)) {
    throw new Problem(422, 'bad-id', {
      detail: `An id is a text of 1 to ${maxIdentifier} characters, without NUL or half a surrogate pair. Send another, or none.`,
    });
  }
  if (['.', '..', 'changes'].includes(text)) {
    throw new Problem(422, 'bad-id', {
      detail: `The id '${text}' is not possible, because /data/${text} leads elsewhere. Send another, or none.`,
    });
  }
  return /^[0-9a-f]{24}$/.test(text) ? ObjectId.createFromHexString(text) : text;
}

/**
 * Checks that `value`, which `JSON.parse` made, can be stored, comes back as it is and fits the schema, and gives it an id if
 * it has none. `where` begins the message.
 */
export function parseDocument(
  value: unknown,
  where: string,
  { limits, checkSchema }: Pick<ExampleDependencies, 'limits' | 'checkSchema'>,
): StoredDocument {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refused(`${where} is ${describe(value)}. Send an object.`);
  }
  check(value, limits.depth, where);
  const { _id } = value as { readonly _id?: unknown };
  checkSchema?.(value, where);
  if (_id !== undefined && typeof _id !== 'string') {
    throw refused(`${where} has an _id that is ${describe(_id)}. Send a string, or none.`);
  }
  return Object.assign(value, { _id: _id === undefined ? new ObjectId() : parseIdentifier(_id) });
}

function check(value: unknown, depth: number, where: string): void {
  // UTF-8 has no form for half a surrogate pair: it would come back as U+FFFD.
  if (typeof value === 'string' && !value.isWellFormed()) {
    throw refused(`${where} has a text with half a surrogate pair (\\ud800 to \\udfff). Send whole characters.`);
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth === 0) throw refused(`${where} is nested too deeply. Send a flatter one.`);
  if (Array.isArray(value)) {
    for (const item of value) check(item, depth - 1, where);
    return;
  }
  for (const name of Object.keys(value)) {
    // BSON ends names with NUL; the driver takes `_bsontype` for one of its own classes.
    if (name === '_bsontype' || name.includes('\0')) {
      throw refused(`${where} has a field named ${JSON.stringify(name)}, which MongoDB can't store. Rename it.`);
    }
    check(name, 0, where);
    check((value as Record<string, unknown>)[name], depth - 1, where);
  }
}

function refused(detail: string): Problem {
  return new Problem(422, 'bad-document', { detail });
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  return value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
