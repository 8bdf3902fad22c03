import { ObjectId } from 'mongodb';
import { Problem } from '../platform/problem';
import { parseIdentifier, type StoredDocument } from './identifier';
import type { SchemaCheck } from './schema';

/**
 * Checks that `value`, which `JSON.parse` made, can be stored and comes back as it is, and gives it an id if it has none.
 * `depth` is the greatest number of objects and arrays in each other; `where` begins the message.
 */
export function parseDocument(value: unknown, depth: number, where: string, checkSchema?: SchemaCheck): StoredDocument {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refused(`${where} is ${describe(value)}. Send an object.`);
  }
  checkObject(value, depth, where);
  const { _id } = value as { readonly _id?: unknown };
  checkSchema?.(value, where);
  if (_id !== undefined && typeof _id !== 'string') {
    throw refused(`${where} has an _id that is ${describe(_id)}. Send a string, or none.`);
  }
  return Object.assign(value, { _id: _id === undefined ? new ObjectId() : parseIdentifier(_id) });
}

function checkObject(value: object, depth: number, where: string): void {
  if (depth === 0) throw refused(`${where} is nested too deeply. Send a flatter one.`);
  if (Array.isArray(value)) {
    for (const item of value) checkValue(item, depth - 1, where);
    return;
  }
  for (const name of Object.keys(value)) {
    // BSON ends names with NUL; the driver takes `_bsontype` for one of its own classes.
    if (name === '_bsontype' || name.includes('\0')) {
      throw refused(`${where} has a field named ${JSON.stringify(name)}, which MongoDB can't store. Rename it.`);
    }
    checkText(name, where);
    checkValue((value as Record<string, unknown>)[name], depth - 1, where);
  }
}

function checkValue(value: unknown, depth: number, where: string): void {
  if (typeof value === 'string') checkText(value, where);
  else if (typeof value === 'object' && value !== null) checkObject(value, depth, where);
}

/** UTF-8 has no form for half a surrogate pair: it would come back as U+FFFD. */
function checkText(text: string, where: string): void {
  if (!text.isWellFormed()) {
    throw refused(`${where} has a text with half a surrogate pair (\\ud800 to \\udfff). Send whole characters.`);
  }
}

function refused(detail: string): Problem {
  return new Problem(422, 'bad-document', { detail });
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  return value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
