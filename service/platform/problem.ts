import { STATUS_CODES } from 'node:http';
import { MongoError, MongoNetworkError, MongoServerError } from 'mongodb';

interface ProblemOptions {
  /** What happened, to what, and what to do next. */
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the reply, such as `errors`. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An error response with RFC 9457 problem details. Throw it from any handler. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly headers: Readonly<Record<string, string>>;
  readonly #members: Readonly<Record<string, unknown>>;

  /** `kind` ends the problem's `type`, such as `not-found` in `urn:problem-type:not-found`. */
  constructor(
    readonly status: number,
    readonly kind: string,
    options: ProblemOptions,
  ) {
    super(options.detail, { cause: options.cause });
    this.headers = options.headers ?? {};
    this.#members = options.members ?? {};
  }

  get title(): string {
    return STATUS_CODES[this.status] ?? 'Unknown';
  }

  toJSON(): Record<string, unknown> {
    return {
      type: `urn:problem-type:${this.kind}`,
      title: this.title,
      status: this.status,
      detail: this.message,
      ...this.#members,
    };
  }
}

/** A temporary failure: 503 with `Retry-After`. */
export class Unavailable extends Problem {
  constructor(kind: string, detail: string, cause?: unknown) {
    super(503, kind, { detail, headers: { 'Retry-After': '1' }, cause });
  }
}

/** The service is overloaded. `detail` says by what. */
export function overloaded(detail: string): Problem {
  return new Unavailable('overloaded', `${detail} Try again in a second.`);
}

/**
 * Errors of a server that shuts down, steps down or is not ready: the driver's list of retryable codes, and 64, when the majority did not
 * confirm in time.
 */
const passingCodes = new Set<unknown>([6, 7, 64, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);
const maxTimeMsExpired = 50;
const authenticationFailed = 18;

/** Errors of the driver, besides `MongoNetworkError`, that mean that no response came. Not all are exported. */
const awayNames =
  /^Mongo(ServerSelection|TopologyClosed|NotConnected|ClientClosed|ServerClosed|ExpiredSession|PoolClosed)Error$/;

/** Node's errors that the driver (7.9) lets out: a connection ended by the other side just before a write, a name that can't be resolved. */
const awayCodes =
  /^(EPIPE|ECONNRESET|ERR_STREAM_DESTROYED|ERR_STREAM_WRITE_AFTER_END|ENOTFOUND|ESERVFAIL|ENODATA|ETIMEOUT|EAI_AGAIN)$/;

/** The error response for any error. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  // Koa and its router throw errors with a status for malformed requests, such as an invalid path.
  if (error instanceof Error && 'status' in error && Number(error.status) >= 400 && Number(error.status) < 500) {
    return new Problem(Number(error.status), 'bad-request', { detail: `${error.message}.`, cause: error });
  }
  if (isAway(error)) return databaseAway(error);
  if (error instanceof MongoServerError && error.code === authenticationFailed) return databaseRefused(error);
  if (error instanceof MongoError && error.name === 'MongoWaitQueueTimeoutError') {
    return overloaded('No connection to the database became free in time.');
  }
  if (error instanceof MongoServerError && error.code === maxTimeMsExpired) {
    return new Problem(504, 'database-timeout', {
      detail:
        'The database did not finish this in the time for one command. Of a write, a part may be stored. ' +
        'Ask for less, or send less, at once.',
      cause: error,
    });
  }
  return new Problem(500, 'internal', {
    detail: 'The service failed. Its log has the reason under the X-Request-Id of this response.',
    cause: error,
  });
}

/** The database does not answer. */
export function databaseAway(cause?: unknown): Problem {
  const detail =
    'The database did not answer in time. A write may or may not have been stored: ' +
    'send it again with the same Idempotency-Key. Try again in a second.';
  return new Unavailable('database-away', detail, cause);
}

/** Too many operations wait: requests do not pile up before a slow database. */
export function databaseBusy(waiting: number): Problem {
  return overloaded(`${waiting} requests wait for the database already, so this one was not started.`);
}

/** The database refuses the service: a wrong password, or a missing permission. */
export function databaseRefused(cause: MongoServerError): Problem {
  return new Problem(503, 'database-refused', {
    detail:
      'The database refuses the service: the log has the reason. Nothing was done. The operator of the service must fix it.',
    cause,
  });
}

/** Whether no response came. A response with an error, such as a duplicate key, is a `MongoServerError`. */
export function isAway(error: unknown): boolean {
  if (error instanceof MongoServerError) {
    return passingCodes.has(error.code) || error.hasErrorLabel('RetryableWriteError');
  }
  if (error instanceof MongoNetworkError) return true;
  if (!(error instanceof Error)) return false;
  return awayNames.test(error.name) || ('code' in error && awayCodes.test(String(error.code)));
}
