import { type Collection, type Db, ObjectId } from 'mongodb';
import { Problem } from '../platform/problem';

/** How a document is named: an ObjectId, or a string of the client's own. */
export type Identifier = ObjectId | string;

/** A document as it is stored. */
export interface StoredDocument {
  readonly _id: Identifier;
  readonly [field: string]: unknown;
}

/** Longest id, in UTF-16 units: with it, a page's cursor and `Location` stay far below Node's 16 KiB of headers. */
export const maxIdentifier = 256;

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

/** The collection that `/data` is. */
export function documents(db: Db): Collection<StoredDocument> {
  return db.collection<StoredDocument>('data');
}

/** The failure of an id that no document has. */
export function noDocument(id: Identifier): Problem {
  return new Problem(404, 'no-document', {
    detail: `No document has the _id '${id}'. GET /data lists those that there are.`,
  });
}
