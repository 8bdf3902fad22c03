import { BSON } from 'mongodb';

/** Not by the import itself: in the bundle that is a getter. */
const type = BSON.BSONType;

/** Thrown for types that only other programs write, such as decimals, binary data and timestamps. */
class ExoticType extends Error {}

const hex = Buffer.from('0123456789abcdef');
const [quote, backslash, comma, colon] = Buffer.from('"\\,:') as unknown as [number, number, number, number];

/** JSON takes at most this many bytes for one of BSON: a control character becomes `\u0000`. */
const growth = 6;

/** JSON of one raw BSON document. */
export function toJson(bson: Buffer): Buffer {
  const writer = new JsonWriter(bson.length);
  writer.document(bson);
  return writer.take();
}

/** Turns raw BSON documents to JSON text, byte by byte, in one buffer. */
export class JsonWriter {
  #out: Buffer;
  #at = 0;

  /** `capacity` is in bytes; the buffer grows where one document needs more. */
  constructor(readonly capacity = 65_536) {
    this.#out = Buffer.allocUnsafeSlow(capacity);
  }

  /** Bytes written and not yet taken. */
  get length(): number {
    return this.#at;
  }

  take(): Buffer {
    const written = this.#out.subarray(0, this.#at);
    // The buffer has room for the worst case, and must not be held while a client is slow.
    const taken = written.length < this.#out.length / 2 ? Buffer.from(written) : written;
    this.#out = Buffer.allocUnsafeSlow(this.capacity);
    this.#at = 0;
    return taken;
  }

  /** Writes `text`, which is ASCII and JSON already. */
  raw(text: string): void {
    this.#reserve(text.length);
    this.#at += this.#out.write(text, this.#at, 'latin1');
  }

  /** Writes the whole BSON document that begins at `from`. */
  document(bson: Buffer, from = 0): void {
    const length = bson.readInt32LE(from);
    this.#reserve(length * growth);
    const start = this.#at;
    try {
      this.#elements(bson, from, false);
    } catch (error) {
      if (!(error instanceof ExoticType)) throw error;
      this.#at = start;
      const options = { useBigInt64: true, promoteBuffers: false };
      const text = JSON.stringify(BSON.deserialize(bson.subarray(from, from + length), options), plain);
      this.#reserve(Buffer.byteLength(text));
      this.#at += this.#out.write(text, this.#at);
    }
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#out.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#at + bytes, this.capacity));
    this.#out.copy(larger, 0, 0, this.#at);
    this.#out = larger;
  }

  /** Writes the object or array whose length prefix is at `from`. Returns where it ends. */
  #elements(bson: Buffer, from: number, array: boolean): number {
    const out = this.#out;
    let at = from + 4;
    out[this.#at++] = array ? 0x5b : 0x7b;
    const first = this.#at;
    for (let element = bson[at++]; element !== 0; element = bson[at++]) {
      if (this.#at !== first) out[this.#at++] = comma;
      let end = at; // names are short: `indexOf` takes longer to call than this to run
      while (bson[end] !== 0) end++;
      if (!array) {
        this.#string(bson, at, end);
        out[this.#at++] = colon;
      }
      at = this.#value(bson, end + 1, element as number);
    }
    out[this.#at++] = array ? 0x5d : 0x7d;
    return at;
  }

  #value(bson: Buffer, at: number, element: number): number {
    switch (element) {
      case type.string: {
        const end = at + 4 + bson.readInt32LE(at);
        this.#string(bson, at + 4, end - 1);
        return end;
      }
      case type.int:
        this.#ascii(String(bson.readInt32LE(at)));
        return at + 4;
      case type.double: {
        const value = bson.readDoubleLE(at);
        this.#ascii(Number.isFinite(value) ? (Object.is(value, -0) ? '-0' : String(value)) : 'null');
        return at + 8;
      }
      case type.objectId:
        this.#hex(bson, at);
        return at + 12;
      case type.bool:
        this.#ascii(bson[at] === 1 ? 'true' : 'false');
        return at + 1;
      case type.null:
        this.#ascii('null');
        return at;
      case type.object:
      case type.array:
        return this.#elements(bson, at, element === type.array);
      case type.date:
        this.#ascii(isoDate(bson.readBigInt64LE(at)));
        return at + 8;
      case type.long:
        this.#ascii(wholeNumber(bson.readBigInt64LE(at)));
        return at + 8;
      default:
        throw new ExoticType();
    }
  }

  #string(bson: Buffer, from: number, to: number): void {
    const out = this.#out;
    let at = this.#at;
    out[at++] = quote;
    for (let index = from; index < to; index++) {
      const byte = bson[index] as number;
      if (byte === quote || byte === backslash) {
        out[at++] = backslash;
        out[at++] = byte;
      } else if (byte < 0x20) {
        at += out.write(`\\u00${byte < 16 ? '0' : ''}${byte.toString(16)}`, at, 'latin1');
      } else {
        out[at++] = byte;
      }
    }
    out[at++] = quote;
    this.#at = at;
  }

  #hex(bson: Buffer, from: number): void {
    const out = this.#out;
    out[this.#at++] = quote;
    for (let index = from; index < from + 12; index++) {
      const byte = bson[index] as number;
      out[this.#at++] = hex[byte >> 4] as number;
      out[this.#at++] = hex[byte & 15] as number;
    }
    out[this.#at++] = quote;
  }

  #ascii(text: string): void {
    const out = this.#out;
    for (let index = 0; index < text.length; index++) out[this.#at++] = text.charCodeAt(index);
  }
}

/**
 * What `JSON.stringify` writes for values without a usable `toJSON` in BSON: decimals and large integers as strings, regular expressions
 * as their source.
 */
function plain(this: Readonly<Record<string, unknown>>, name: string, json: unknown): unknown {
  const value = this[name];
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof BSON.Decimal128 || value instanceof BSON.Timestamp || value instanceof RegExp)
    return value.toString();
  if (value instanceof BSON.MinKey || value instanceof BSON.MaxKey) return value._bsontype;
  if (value instanceof BSON.Code) return value.code;
  return json ?? null;
}

/** ISO 8601; dates outside of JavaScript's range are milliseconds since 1970. */
function isoDate(milliseconds: bigint): string {
  const date = new Date(Number(milliseconds));
  return Number.isNaN(date.getTime()) ? wholeNumber(milliseconds) : `"${date.toISOString()}"`;
}

/** Integers that a JSON parser would round are strings. */
function wholeNumber(value: bigint): string {
  return Number.isSafeInteger(Number(value)) ? String(value) : `"${value}"`;
}
