import { MongoError, MongoServerError } from 'mongodb';
import { databaseAway } from '../database/databaseAway';
import { Problem } from './problem';

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
