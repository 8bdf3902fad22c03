import type { Context } from 'koa';
import { etagOf, isKnown } from '../http/etag';
import { openapi } from '../openapi/openapi';

const text = JSON.stringify(openapi);
const etag = etagOf(text);

/** `GET /openapi.json`: the service's own description. */
export function getOpenapi(context: Context): void {
  if (isKnown(context, etag)) return;
  context.set('Content-Type', 'application/json');
  context.body = text;
}
