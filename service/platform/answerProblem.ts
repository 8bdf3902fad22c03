import type { Context } from 'koa';
import { toDatabaseProblem } from './databaseErrors';
import { Problem } from './problem';
import { ClientGone } from './readBody';

/** Milliseconds that a client may go on sending after it was answered, and that it may be silent; nginx's are 30 s and 5 s. */
const [lingerMs, silenceMs] = [30_000, 2000];

/** Headers that a failed reply keeps: those that are about the request, not about a body that is not sent now. */
const kept = /^(connection|x-request-id|traceparent|vary|access-control-.*)$/;

/** Koa's `context.onerror`: answers every error as problem details. */
export function answerProblem(this: Context, error?: Error | null): void {
  if (error === null || error === undefined) return;
  const { req, res } = this;
  this.state.error = error;
  if (this.headerSent || !this.writable || error instanceof ClientGone) {
    res.destroy(); // half a reply must not look like a whole one
    return;
  }

  const problem = toProblem(error);
  for (const name of res.getHeaderNames()) if (!kept.test(name)) res.removeHeader(name);
  this.set(problem.headers);
  // What was not read of the body would be taken for the next request.
  if (!req.complete) this.set('Connection', 'close');
  const body = JSON.stringify(problem);
  this.status = problem.status;
  this.set('Content-Type', 'application/problem+json');
  this.length = Buffer.byteLength(body);
  if (req.complete || this.method === 'HEAD') res.end(this.method === 'HEAD' ? undefined : body);
  else answerEarly(this, body);
}

/** What the client is told about any error that reaches the top. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isClientError(error)) {
    return new Problem(error.status, 'bad-request', { detail: `${error.message}.`, cause: error });
  }
  return (
    toDatabaseProblem(error) ??
    new Problem(500, 'internal', {
      detail: 'The service failed. Its log has the reason under the X-Request-Id of this response.',
      cause: error,
    })
  );
}

/**
 * Answers while the client still sends. Its unread bytes would make the close a reset, and a reset takes the answer away: so the
 * answer is sent whole, what comes is thrown away, and the connection closes when the client has stopped (RFC 9112 section
 * 9.6), or falls silent.
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

/** Koa and its router throw `http-errors` with a status for requests that are none, such as a malformed path. */
function isClientError(error: unknown): error is Error & { readonly status: number } {
  if (!(error instanceof Error && 'status' in error && typeof error.status === 'number')) return false;
  return error.status >= 400 && error.status < 500;
}
