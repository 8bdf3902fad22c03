import type { Context } from 'koa';
import { MongoError, MongoServerError } from 'mongodb';
import type { Observer } from './observer';
import { databaseAway, Problem } from './problem';

/** Headers that a failed reply keeps: those that are about the request, not about a body that is not sent now. */
const kept = ['connection', 'x-request-id', 'traceparent'];

/** Koa's `context.onerror`, which costs a request that does not fail nothing: answers every error as problem details. */
export function answerProblem(observer: Observer | undefined): (this: Context, error?: Error | null) => void {
  return function onerror(error) {
    if (error === null || error === undefined) return;
    observer?.fail(this, error);
    const { res } = this;
    if (this.headerSent || !this.writable) {
      res.destroy(); // half a reply must not look like a whole one
      return;
    }

    const problem = toProblem(error);
    for (const name of res.getHeaderNames()) if (!kept.includes(name)) res.removeHeader(name);
    this.set(problem.headers);
    // What was not read of the body would be taken for the next request.
    if (!this.req.complete) this.set('Connection', 'close');
    const body = JSON.stringify(problem);
    this.status = problem.status;
    this.set('Content-Type', 'application/problem+json');
    this.length = Buffer.byteLength(body);
    res.end(this.method === 'HEAD' ? undefined : body);
  };
}

/**
 * Errors of a server that shuts down, steps down or is none yet: the driver's own list of retryable codes; and 64, when the
 * majority did not confirm in time.
 */
const passingCodes = new Set<unknown>([6, 7, 64, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);

/** What the client is told about any error that reaches the top. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isDatabaseAway(error)) return databaseAway(error);
  if (isClientError(error))
    return new Problem(error.status, 'bad-request', { detail: `${error.message}.`, cause: error });
  return new Problem(500, 'internal', {
    detail: 'The service failed. Its log tells why, under the X-Request-Id of this answer.',
    cause: error,
  });
}

/** True when no answer came. An answer that tells an error, such as a duplicate key, comes as `MongoServerError`. */
function isDatabaseAway(error: unknown): boolean {
  if (error instanceof MongoServerError) {
    return (
      passingCodes.has(error.code) ||
      ['RetryableWriteError', 'HandshakeError'].some((label) => error.hasErrorLabel(label))
    );
  }
  return error instanceof MongoError;
}

/** Koa and its router throw `http-errors` with a status for requests that are none, such as a malformed path. */
function isClientError(error: unknown): error is Error & { readonly status: number } {
  if (!(error instanceof Error && 'status' in error && typeof error.status === 'number')) return false;
  return error.status >= 400 && error.status < 500;
}
