import { hash } from 'node:crypto';
import type { Context } from 'koa';
import { text } from './endpoint';
import { Problem } from './problem';

/** The headers that `isNotModified` reads. */
export const conditions = {
  'If-Match': text('header', 'Only if it has this ETag, else 412.', (tags) => tags),
  'If-None-Match': text('header', 'Only if it does not have this ETag; * stands for any.', (tags) => tags),
};

/** Which of the media types `types` the client prefers. Throws a 406 `Problem` if it accepts none. */
export function preferredType<Type extends string>(context: Context, ...types: readonly Type[]): Type {
  const type = context.accepts(...types);
  if (type !== false) return type as Type;
  throw new Problem(406, 'not-acceptable', {
    detail: `'${context.get('Accept')}' is not available. Accept ${types.join(' or ')}.`,
  });
}

/** A strong ETag of the content of a response. */
export function etagOf(content: Uint8Array | string): string {
  return `"${hash('sha1', content, 'base64url')}"`;
}

/**
 * Evaluates the preconditions of RFC 9110, section 13, for a resource with ETag `etag`, `undefined` if it does not exist. Sets `ETag`, and
 * status 304 if the client has it: then true. Conditions on dates are ignored, as RFC 9110 requires for resources without a modification
 * date. (Koa's own `fresh` would obey the `Cache-Control: no-cache` that `fetch` adds.)
 * @throws a 412 `Problem` if one fails.
 */
export function isNotModified(context: Context, etag: string | undefined): boolean {
  if (etag !== undefined) context.set('ETag', etag);
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = context.headers;
  if (ifMatch !== undefined && !matches(ifMatch, etag, false)) throw failedPrecondition(`If-Match: ${ifMatch}`);
  if (ifNoneMatch === undefined || !matches(ifNoneMatch, etag, true)) return false;
  if (context.method !== 'GET' && context.method !== 'HEAD') throw failedPrecondition(`If-None-Match: ${ifNoneMatch}`);
  context.status = 304;
  return true;
}

/** Whether a list of entity tags has `etag`. `weak`: also as a weak one. */
function matches(header: string, etag: string | undefined, weak: boolean): boolean {
  if (etag === undefined) return false;
  if (header.trim() === '*') return true;
  const tags = header.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.some((tag) => tag === etag || (weak && tag === `W/${etag}`));
}

function failedPrecondition(condition: string): Problem {
  return new Problem(412, 'precondition-failed', {
    detail: `It is not as '${condition}' requires. GET it again, and use the new ETag.`,
  });
}
