import { Problem } from '../platform/problem';

/**
 * Matches texts that `refuseLosses` must check: numbers with an exponent or 16 digits (a 64-bit float always holds 15), escapes of
 * unpaired surrogates and of ASCII, such as NUL, and `_bsontype`.
 */
const suspicious = /[:,[\s]-?\d(?:[\d.]{15}|[\d.]*[eE])|\\u(?:00[0-7]|[dD])|_bsontype/;

/** Start and end of objects and arrays, commas, strings (with a colon if they are names), and numbers. */
const tokens = /[{}[\],]|"((?:[^"\\]+|\\.)*)"(\s*:)?|-?\d[\d.eE+-]*/gs;

/**
 * Parses `text`, and refuses values and names that MongoDB can't store unchanged, and nesting beyond `depth`. `where` begins the message;
 * for an array of documents (`isList`), the item's position does.
 */
export function parseJson(text: string, where: string, depth = 100, isList = false): unknown {
  if (text.startsWith('\ufeff')) {
    throw new Problem(400, 'bad-json', { detail: `${where} begins with a byte order mark. Send UTF-8 without one.` });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const detail = `${where} is not JSON: ${(error as Error).message}. Send one JSON value.`;
    throw new Problem(400, 'bad-json', { detail, cause: error });
  }
  const items: readonly unknown[] | undefined = isList && Array.isArray(value) ? value : undefined;
  const names =
    items?.reduce<number>((sum, item, index) => sum + countNames(item, depth, itemAt(index)), 0) ??
    countNames(value, depth, where);
  // Each name has one colon. Further colons are those in strings, or of names that JSON.parse dropped.
  if (names !== countColons(text) || suspicious.test(text)) refuseLosses(text, items ? itemAt : () => where);
  return value;
}

/** The failure of a document that can't be stored. */
export function badDocument(detail: string): Problem {
  return new Problem(422, 'bad-document', { detail });
}

/** How messages name an item of an array of documents. */
export function itemAt(index: number): string {
  return `Item ${index}`;
}

function refuseLosses(text: string, where: typeof itemAt): void {
  const open: (Set<string> | undefined)[] = []; // the names of an object so far, undefined for an array
  let item = 0;
  for (const [token, content, colon] of text.matchAll(tokens)) {
    if (token === '{' || token === '[') open.push(token === '{' ? new Set() : undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ',') item += open.length === 1 ? 1 : 0;
    else if (content === undefined) checkNumber(token, where(item));
    else checkText(JSON.parse(`"${content}"`) as string, where(item), colon === undefined ? undefined : open.at(-1));
  }
}

function checkNumber(token: string, where: string): void {
  const value = Number(token);
  // Stored as a float and printed again, it is equal.
  if (Number.isFinite(value) && decimalOf(token) === decimalOf(String(value))) return;
  const shown = token.length > 40 ? `${token.slice(0, 40)}…` : token;
  throw new Problem(422, 'inexact-number', {
    detail: `${where} has the number ${shown}, which a 64-bit float can't hold exactly. Send it as a string.`,
  });
}

/** @param names of the object so far, if the text is a name */
function checkText(text: string, where: string, names: Set<string> | undefined): void {
  // UTF-8 has no form for half a surrogate pair: it would come back as U+FFFD.
  if (!text.isWellFormed()) {
    throw badDocument(`${where} has a text with half a surrogate pair (\\ud800 to \\udfff). Send whole characters.`);
  }
  // BSON ends names with NUL; the driver takes `_bsontype` for one of its own classes.
  if (names && (text === '_bsontype' || text.includes('\0'))) {
    throw badDocument(`${where} has a field named ${JSON.stringify(text)}, which MongoDB can't store. Rename it.`);
  }
  if (names?.has(text)) {
    throw new Problem(422, 'repeated-name', {
      detail: `${where} has the name ${JSON.stringify(text)} twice in one object. Send it once.`,
    });
  }
  names?.add(text);
}

/** A decimal number in one form, whatever its notation: significant digits and exponent. */
function decimalOf(number: string): string {
  const [, whole = '', fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}

function countColons(text: string): number {
  let count = 0;
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) count += 1;
  return count;
}

function countNames(value: unknown, depth: number, where: string): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth === 0) throw badDocument(`${where} is nested too deeply. Send a flatter one.`);
  let count = 0;
  if (Array.isArray(value)) for (const item of value) count += countNames(item, depth - 1, where);
  else for (const name in value) count += 1 + countNames(value[name as never], depth - 1, where);
  return count;
}
