import { Problem } from '../platform/problem';

/** Finds numbers that a 64-bit float may not hold: 16 digits or more, or an exponent. Up to 15 digits always survive. */
const riskyNumber = /\d[\d.]{15}|\d[eE]/;

/** Beginnings and ends of objects, strings, with a colon if they are names, and numbers. */
const tokens = /[{}]|"((?:[^"\\]|\\.)*)"(\s*:)?|-?\d[\d.eE+-]*/gs;

/** Parses `text`, and refuses what would come back as something else than was sent. `where` begins the message. */
export function parseJson(text: string, where: string): unknown {
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
  // Each name has one colon. Further colons are those in strings, or of names that JSON.parse dropped.
  if (riskyNumber.test(text) || countColons(text) !== countNames(value)) refuseLosses(text, where);
  return value;
}

function refuseLosses(text: string, where: string): void {
  const objects: Set<string>[] = [];
  for (const [token, name, colon] of text.matchAll(tokens)) {
    if (token === '{') objects.push(new Set());
    else if (token === '}') objects.pop();
    else if (name === undefined && !isExact(token)) {
      const shown = token.length > 40 ? `${token.slice(0, 40)}…` : token;
      throw new Problem(422, 'inexact-number', {
        detail: `${where} has the number ${shown}, which a 64-bit float can't hold exactly. Send it as a string.`,
      });
    }
    if (colon === undefined) continue;
    const decoded = JSON.parse(`"${name}"`) as string;
    if (objects.at(-1)?.has(decoded)) {
      throw new Problem(422, 'repeated-name', {
        detail: `${where} has the name ${JSON.stringify(decoded)} twice in one object. Send it once.`,
      });
    }
    objects.at(-1)?.add(decoded);
  }
}

/** Whether the number comes back equal when it is stored as a float and printed again. */
function isExact(token: string): boolean {
  const value = Number(token);
  return Number.isFinite(value) && decimalOf(token) === decimalOf(String(value));
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

/** @param depth below which nothing is counted: the call stack is finite, and such a document is refused anyway. */
function countNames(value: unknown, depth = 100): number {
  if (typeof value !== 'object' || value === null || depth === 0) return 0;
  const values: readonly unknown[] = Object.values(value);
  let count = Array.isArray(value) ? 0 : values.length;
  for (const item of values) if (typeof item === 'object') count += countNames(item, depth - 1);
  return count;
}
