import { createHash } from 'node:crypto';
import type { Context } from 'koa';

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
