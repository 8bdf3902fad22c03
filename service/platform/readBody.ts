import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import type { Limits } from './configuration';
import { Problem } from './problem';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads the whole body as text. Refuses one that is too large, too slow or not UTF-8. */
export async function readBody(context: Context, limits: Limits): Promise<string> {
  refuseEncoding(context);
  const body = await collect(context.req, context.request.length, limits);
  return decode(body, 'The body');
}

/** Decodes UTF-8. `where` begins the message. */
export function decode(bytes: Buffer, where: string): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new Problem(400, 'bad-encoding', { detail: `${where} is not UTF-8. Send UTF-8.`, cause: error });
  }
}

/** Compressed bodies are not taken: what they grow to is known too late. */
export function refuseEncoding(context: Context): void {
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

export function tooLarge(limit: number, where: string): Problem {
  return new Problem(413, 'too-large', {
    detail: `${where} is larger than ${limit} bytes. Send less at once, or many documents as application/x-ndjson, a line each.`,
  });
}

function collect(request: IncomingMessage, length: number | undefined, { bodyBytes, bodyMs }: Limits): Promise<Buffer> {
  if (length !== undefined && length > bodyBytes) return Promise.reject(tooLarge(bodyBytes, 'The body'));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => {
      const detail = `The body was not complete after ${bodyMs} ms. Send it again, faster or in parts.`;
      fail(new Problem(408, 'slow-body', { detail }));
    }, bodyMs);
    const stop = (): void => {
      clearTimeout(timer);
      request.off('data', add).off('end', end).off('error', fail);
    };
    const fail = (error: Error): void => {
      stop();
      request.on('error', () => {}); // the client may leave while it is told
      reject(error);
    };
    const add = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > bodyBytes) fail(tooLarge(bodyBytes, 'The body'));
      else chunks.push(chunk);
    };
    const end = (): void => {
      stop();
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    };
    request.on('data', add).on('end', end).on('error', fail);
  });
}
