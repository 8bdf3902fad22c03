import { createHash } from 'node:crypto';
import type { Context } from 'koa';
import { Problem } from './problem';

/** A strong ETag of what a reply is made from. */
export function etagOf(content: Buffer | string): string {
  return `"${createHash('sha1').update(content).digest('base64url')}"`;
}

/**
 * Sets the ETag, and answers 304 if the client has it. Koa's own `fresh` heeds the `Cache-Control: no-cache` that
 * `fetch` adds to every If-None-Match, and then sends all of it again.
 */
export function isKnown(context: Context, etag: string): boolean {
  context.set('ETag', etag);
  const known = context
    .get('If-None-Match')
    .split(/\s*,\s*/)
    .map((tag) => tag.replace(/^W\//, ''));
  if (!known.includes(etag) && !known.includes('*')) return false;
  context.status = 304;
  return true;
}

/** The query's parameters, each at most once. Throws a 422 `Problem` for one that is not in `names`: it may be misspelt. */
export function readQuery<Name extends string>(
  context: Context,
  names: readonly Name[],
): { readonly [name in Name]?: string } {
  const parameters: { [name in Name]?: string } = {};
  for (const [given, value] of new URLSearchParams(context.querystring)) {
    const name = names.find((known) => known === given);
    if (name === undefined) throw refused(`'${given}' is no parameter of ${context.path}. Use ${names.join(', ')}.`);
    if (name in parameters) throw refused(`The parameter '${name}' is given twice. Give it once.`);
    parameters[name] = value;
  }
  return parameters;
}

/** Reads a whole number from 1 to `max`; undefined if it is not given. */
export function readCount(name: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= max) return value;
  throw refused(`The parameter '${name}' is '${text}'. Give a whole number from 1 to ${max}.`);
}

function refused(detail: string): Problem {
  return new Problem(422, 'bad-query', { detail });
}
