import { pipeline, Readable } from 'node:stream';
import { constants, createGzip } from 'node:zlib';
import type { Context, Next } from 'koa';

/** Bytes below which compression takes more than it gives. */
const least = 1024;
const compressible = /json|text|javascript|xml/;

/** Compresses replies, streams too, for clients that accept gzip. */
export async function compress(context: Context, next: Next): Promise<void> {
  await next();
  const { body, length } = context;
  if (body === null || body === undefined || context.respond === false || !compressible.test(context.type)) return;
  if (length !== undefined && length < least) return;
  context.vary('Accept-Encoding');
  if (context.method === 'HEAD' || context.acceptsEncodings('gzip', 'identity') !== 'gzip') return;
  context.set('Content-Encoding', 'gzip');
  context.remove('Content-Length');
  // The fast level: a stream should be as fast as its client. Flushed, so that nothing waits for more to come.
  const gzip = createGzip({ level: constants.Z_BEST_SPEED, flush: constants.Z_SYNC_FLUSH });
  const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const source = body instanceof Readable ? body : Readable.from([text]);
  context.body = pipeline(source, gzip, () => {}); // a failure destroys `gzip`, which Koa sees
}
