import { pipeline, Readable } from 'node:stream';
import { constants, createGzip, gzipSync } from 'node:zlib';
import type { Context, Middleware } from 'koa';
import { Problem, toProblem } from './problem';
import { ClientGone } from './readBody';

/** Bytes from which compression is worth its CPU, and up to which it is done at once. */
const [least, most] = [1024, 65_536];
/** The fast one: a stream should be as fast as its client. */
const level = constants.Z_BEST_SPEED;
const compressible = /json|text|javascript|xml/;

/** Milliseconds that a client may keep sending after the response, and may pause; 30 s and 5 s in nginx. */
const [lingerMs, silenceMs] = [30_000, 2000];

/** Headers that an error response keeps: those about the request, not about the body that is replaced. */
const kept = /^(connection|x-request-id|traceparent|vary|access-control-.*)$/;

/** A host name or address, with or without a port, or nothing. */
const validHost = /^(\[[\w.:%-]+\]|[\w.~!$&'()*+;=%-]*)(:\d*)?$/;

/**
 * Middleware around a router and its `allowedMethods()`: closes connections while `draining`, refuses malformed requests, answers
 * requests without a route by a problem, and compresses.
 */
export function frame(draining: AbortSignal): Middleware {
  return async (context, next) => {
    if (draining.aborted) context.set('Connection', 'close');
    context.res.setMaxListeners(0); // if a stream is sent, it has more than the ten of which Node warns
    refuseMalformed(context);
    await next();
    refuseUnmatched(context);
    compress(context);
  };
}

/** Refuses what HTTP requires a server to refuse, which Node itself would do without problem details, and paths that can't be decoded. */
function refuseMalformed({ path, req }: Context): void {
  const { host, expect } = req.headers;
  if (host === undefined ? req.httpVersion === '1.1' : !validHost.test(host)) {
    throw new Problem(400, 'bad-request', { detail: 'The request needs one Host header, with a host. Send one.' });
  }
  if (!isDecodable(path)) {
    throw new Problem(400, 'bad-request', {
      detail: `The path ${path} is not percent-encoded UTF-8. Encode it; % itself is %25.`,
    });
  }
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
    throw new Problem(417, 'bad-request', {
      detail: `Expect: ${expect} can't be met. Send none, or 100-continue.`,
    });
  }
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function refuseUnmatched(context: Context): void {
  if (context.body !== undefined || ![404, 405, 501].includes(context.status)) return;
  if (context.routeMatched && context.status !== 404) return; // the route's own
  const allowed = context.response.get('Allow');
  if (!allowed) {
    throw new Problem(404, 'not-found', {
      detail: `Nothing is at ${context.path}. GET /openapi.json lists all endpoints.`,
    });
  }
  throw new Problem(context.status, 'method-not-allowed', {
    detail: `${context.method} is not possible at ${context.path}. Use ${allowed}.`,
    headers: { Allow: allowed },
  });
}

/** Compresses the reply, a stream too, for clients that accept gzip. */
function compress(context: Context): void {
  const { body, length = Number.POSITIVE_INFINITY, type } = context.response;
  if (body === null || body === undefined || length < least || !compressible.test(type)) return;
  context.vary('Accept-Encoding');
  if (context.acceptsEncodings('gzip', 'identity') !== 'gzip') return;
  context.set('Content-Encoding', 'gzip');
  if (body instanceof Readable) {
    if (context.method !== 'HEAD') context.body = compressStream(body);
  } else {
    const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    context.body = text.length <= most ? gzipSync(text, { level }) : compressStream(Readable.from([text]));
  }
}

/** Takes 256 KiB until the client has it all. Flushed, so that nothing waits for more to come. */
function compressStream(source: Readable): Readable {
  return pipeline(source, createGzip({ level, flush: constants.Z_SYNC_FLUSH }), () => {}); // Koa sees its failure
}

/** Koa's `context.onerror`: answers every error as problem details. */
export function answerProblem(this: Context, error?: Error | null): void {
  if (error === null || error === undefined) return;
  const { req, res } = this;
  this.state.error = error;
  if (this.headerSent || !this.writable || error instanceof ClientGone) {
    res.destroy(); // an incomplete response must not look complete
    return;
  }

  const problem = toProblem(error);
  for (const name of res.getHeaderNames()) if (!kept.test(name)) res.removeHeader(name);
  this.set(problem.headers);
  // The unread rest of the body would be parsed as the next request.
  if (!req.complete) this.set('Connection', 'close');
  const body = JSON.stringify(problem);
  this.status = problem.status;
  this.set('Content-Type', 'application/problem+json');
  this.length = Buffer.byteLength(body); // also for HEAD, whose body Node leaves out
  if (req.complete || this.method === 'HEAD') res.end(body);
  else answerEarly(this, body);
}

/**
 * Responds while the client is still sending. With unread bytes, closing resets the connection, and the client may lose the response. So
 * the response is sent, further bytes are discarded, and the connection closes when the client has ended or pauses (RFC 9112, 9.6).
 */
function answerEarly({ req, res, state }: Context, body: string): void {
  res.write(body);
  state.finish?.();
  const close = (): void => {
    clearTimeout(timer);
    res.end();
  };
  const timer = setTimeout(close, lingerMs);
  req.socket.setTimeout(silenceMs);
  req.once('end', close).once('close', close).resume();
}
