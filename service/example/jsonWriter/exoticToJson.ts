import { BSON } from 'mongodb';

/** Thrown at a BSON type that only other programs write: decimals, binaries, timestamps and the like. */
export class ExoticType extends Error {}

/** JSON of any BSON document, slowly, by the library: for what `JsonWriter` does not know. */
export function exoticToJson(bson: Buffer): string {
  const document = BSON.deserialize(bson, { useBigInt64: true, promoteBuffers: false });
  return JSON.stringify(plain(document));
}

/** Decimals and wide integers are strings, binaries base64, regular expressions their source, all else as its `toString`. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value === undefined || value === null || typeof value !== 'object') return value ?? null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof BSON.ObjectId) return value.toHexString();
  if (value instanceof BSON.Binary) return value.toString('base64');
  if (value instanceof BSON.Decimal128 || value instanceof BSON.Timestamp || value instanceof RegExp)
    return value.toString();
  if (value instanceof BSON.MinKey || value instanceof BSON.MaxKey) return value._bsontype;
  if (value instanceof BSON.Code) return value.code;
  if (Array.isArray(value)) return value.map(plain);
  // Not by assignment: a field may be named `__proto__`.
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}

/** Dates are ISO 8601; those that JavaScript has no form for are milliseconds since 1970. */
export function isoDate(milliseconds: bigint): string {
  const date = new Date(Number(milliseconds));
  return Number.isNaN(date.getTime()) ? wholeNumber(milliseconds) : `"${date.toISOString()}"`;
}

/** Numbers that a JSON reader would round are strings. */
export function wholeNumber(value: bigint): string {
  return BigInt(Number.MAX_SAFE_INTEGER) >= value && value >= -BigInt(Number.MAX_SAFE_INTEGER)
    ? String(value)
    : `"${value}"`;
}
