import type { Filter } from 'mongodb';
import { Problem } from '../http/problem';
import { parseIdentifier, type StoredDocument } from './identifier';
import { parseJson } from './parseJson';

/** Reads `?filter`, a JSON object of top-level fields and the texts, numbers, booleans or null that they must be equal to. */
export function parseFilter(text: string | undefined): Filter<StoredDocument> {
  if (text === undefined) return {};
  const value = parseJson(text, 'The filter');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused('is not a JSON object');
  const conditions = Object.entries(value).map(([field, wanted]: [string, unknown]) => {
    // No stored document has a field `_bsontype`, and the driver takes an object with one for a class of its own.
    if (field === '' || field === '_bsontype' || /^\$|[.\0]/.test(field))
      throw refused(`has '${field}', which names no top-level field`);
    if (typeof wanted === 'object' && wanted !== null) throw refused(`compares '${field}' with an object or array`);
    // `$eq` makes data of whatever it is given.
    return { [field]: { $eq: field === '_id' && typeof wanted === 'string' ? parseIdentifier(wanted) : wanted } };
  });
  return conditions.length === 0 ? {} : ({ $and: conditions } as Filter<StoredDocument>);
}

function refused(what: string): Problem {
  return new Problem(422, 'bad-filter', { detail: `The filter ${what}. Send one such as {"name":"test"}.` });
}
