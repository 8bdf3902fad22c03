import { PassThrough, type Readable } from 'node:stream';
import type { Context } from 'koa';
import type { Dependencies } from './createService';
import { jsonFactor } from './memory';
import { Problem, Unavailable } from './problem';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Event of a request, with a `Problem`, if its body is malformed. The reader of the body sends the reply. */
export const malformed = 'malformed';

/** Failures of reading a body, for OpenAPI. */
export const bodyFailures = [400, 408, 413, 415];

/** The client disconnected before the end of its request. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/**
 * Reads the whole body as text, and runs `task` with it when there is memory for parsing it and for `otherBytes` of the task (default: 0).
 * The task must not wait for the client. Refuses a body that is too large, too slow, not UTF-8, or for which there is no memory. Not with
 * `raw-body`: its encodings would enlarge the bundle, and mapping its errors would be longer than this.
 */
export async function useBody<T>(
  context: Context,
  { limits, memory }: Pick<Dependencies, 'limits' | 'memory'>,
  task: (text: string) => Promise<T>,
  otherBytes: () => Promise<number> = async () => 0,
): Promise<T> {
  const { bodyBytes, bodyMs } = limits;
  const { length } = context.request;
  refuseEncoding(context);
  if (length !== undefined && length > bodyBytes) throw tooLarge(bodyBytes, 'The body');
  memory.reserve(2 * (length ?? bodyBytes), context.res); // its chunks, and one copy
  const { req } = context;
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    let size = 0;
    const keep = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > bodyBytes) end(tooLarge(bodyBytes, 'The body'));
      else chunks.push(chunk);
    };
    const end = (failure?: Error): void => {
      clearTimeout(timer);
      unwatch();
      req.off('data', keep).off('end', end); // the rest is not kept
      if (failure === undefined) resolve();
      else reject(failure);
    };
    const timer = setTimeout(() => end(slow(`The body was not complete after ${bodyMs} ms`)), bodyMs);
    const unwatch = watch(context, end);
    req.on('data', keep).on('end', end);
  });
  const bytes = Buffer.concat(chunks);
  return memory.use(bytes.length * jsonFactor + (await otherBytes()), () => task(decode(bytes, 'The body')));
}

/**
 * The body as a stream, of any length. It fails with a `Problem`, which can still be sent, if the client pauses too long or the service
 * stops, and with `ClientGone` if the client has disconnected.
 */
export function openBody(context: Context, { stopping }: Pick<Dependencies, 'stopping'>): Readable {
  refuseEncoding(context);
  const { req } = context;
  const body = new PassThrough();
  const fail = (failure: Error): void => {
    req.unpipe(body);
    body.destroy(failure);
  };
  const silent = (): void => fail(slow('The body stopped before its end'));
  const stop = (): void =>
    fail(new Unavailable('stopping', 'The service stops, and has read no further. Send the rest again.'));
  const unwatch = watch(context, fail);
  req.on('timeout', silent); // which also keeps Node from closing the connection
  if (stopping.aborted) stop();
  stopping.addEventListener('abort', stop);
  body.once('close', () => {
    unwatch();
    req.unpipe(body).resume(); // the rest is discarded; the pipe itself would pause it later
    req.off('timeout', silent);
    stopping.removeEventListener('abort', stop);
  });
  return req.pipe(body);
}

/** Decodes UTF-8. `where` begins the message. */
export function decode(bytes: Buffer, where: string): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new Problem(400, 'bad-encoding', { detail: `${where} is not UTF-8. Send UTF-8.`, cause: error });
  }
}

/** A 413: `where`, such as a line, has more than `limit` bytes. */
export function tooLarge(limit: number, where: string): Problem {
  return new Problem(413, 'too-large', { detail: `${where} is larger than ${limit} bytes. Send less at once.` });
}

/** Requests the body, and calls `fail` if it can't be completed. Returns a function that ends this. */
function watch({ req, res }: Context, fail: (failure: Error) => void): () => unknown {
  const gone = (): void => fail(new ClientGone('The client went away before the end of its request.'));
  req.on('error', gone).on(malformed, fail);
  if (req.headers.expect !== undefined && req.httpVersion !== '1.0') res.writeContinue(); // HTTP/1.0 has no interim replies
  return () =>
    req
      .off(malformed, fail)
      .off('error', gone)
      .on('error', () => {}); // the client may leave while it is answered
}

/** Refuses compressed bodies: their size is known too late. */
function refuseEncoding(context: Context): void {
  const encoding = context.get('Content-Encoding');
  if (encoding === '' || encoding === 'identity') return;
  throw new Problem(415, 'unsupported-encoding', {
    detail: `The body's Content-Encoding is '${encoding}'. Send it without one.`,
    headers: { 'Accept-Encoding': 'identity' },
  });
}

/** The failure of a body that is of none of `types`. */
export function unsupportedType(context: Context, types: readonly string[]): Problem {
  return new Problem(415, 'unsupported-type', {
    detail: `The body's Content-Type is '${context.get('Content-Type')}'. Send ${types.join(' or ')}.`,
    headers: { [context.method === 'PATCH' ? 'Accept-Patch' : 'Accept']: types.join(', ') },
  });
}

function slow(what: string): Problem {
  return new Problem(408, 'slow-body', { detail: `${what}. Send it again, faster or in parts.` });
}
