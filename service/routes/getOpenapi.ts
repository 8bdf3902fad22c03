import { createHash } from 'node:crypto';
import type { Context } from 'koa';
import { openapi } from '../openapi/openapi';

const text = JSON.stringify(openapi);
const etag = `"${createHash('sha1').update(text).digest('base64url')}"`;

/** `GET /openapi.json`: the service's own description. */
export function getOpenapi(context: Context): void {
  context.status = 200;
  context.set('ETag', etag);
  context.set('Content-Type', 'application/json');
  if (context.fresh) context.status = 304;
  else context.body = text;
}
