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

/** A failure that passes: 503 with `Retry-After`. */
export class Unavailable extends Problem {
  constructor(kind: string, detail: string, cause?: unknown) {
    super(503, kind, { detail, headers: { 'Retry-After': '1' }, cause });
  }
}

/** What a client is told when there is too much to do. `detail` says of what. */
export function overloaded(detail: string): Problem {
  return new Unavailable('overloaded', `${detail} Try again in a second.`);
}
