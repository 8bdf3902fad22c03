import { Problem } from '../http/problem';

/** Parses `text`, and refuses what would be stored as something else than was sent. `where` begins the message. */
export function parseJson(text: string, where: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Problem(400, 'bad-json', {
      detail: `${where} is not JSON: ${(error as Error).message}. Send one JSON value.`,
      cause: error,
    });
  }
  const rounded = roundedInteger(text);
  if (rounded !== undefined) {
    throw new Problem(422, 'inexact-number', {
      detail: `${where} has the number ${rounded}, which a 64-bit float can't hold exactly. Send it as a string.`,
    });
  }
  return value;
}

/** An integer of `text` that `JSON.parse` rounds, or a number that it makes infinite. Most texts end at the first test. */
function roundedInteger(text: string): string | undefined {
  if (!/\d{16}|\d[eE]\+?\d{2}/.test(text)) return undefined;
  // Strings are matched first, so that digits in them are not taken for numbers.
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/gs)) {
    if (token.startsWith('"')) continue;
    const value = Number(token);
    if (!Number.isFinite(value)) return clip(token);
    if (/^-?\d{16,}$/.test(token) && BigInt(value) !== BigInt(token)) return clip(token);
  }
  return undefined;
}

function clip(token: string): string {
  return token.length > 40 ? `${token.slice(0, 40)}…` : token;
}
