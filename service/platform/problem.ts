import { STATUS_CODES } from 'node:http';

interface ProblemOptions {
  /** What happened, to what, and what to do next. */
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the reply, such as `errors`. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** A failure that the client is told about, as RFC 9457 problem details. Throw it from any handler. */
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

  toJSON(): Record<string, unknown> {
    return {
      type: `urn:problem-type:${this.kind}`,
      title: STATUS_CODES[this.status],
      status: this.status,
      detail: this.message,
      ...this.#members,
    };
  }
}

/** What a client is told when there is too much to do. `detail` says of what. */
export function overloaded(detail: string): Problem {
  return new Problem(503, 'overloaded', {
    detail: `${detail} Try again in a second.`,
    headers: { 'Retry-After': '1' },
  });
}

/** What a client is told when the database gave no answer. */
export function databaseAway(cause?: unknown): Problem {
  return new Problem(503, 'database-away', {
    detail:
      'The database did not answer in time. A write may or may not have been stored: ' +
      'send it again with the same Idempotency-Key. Try again in a second.',
    headers: { 'Retry-After': '1' },
    cause,
  });
}
