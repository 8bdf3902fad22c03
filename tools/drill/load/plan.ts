/** What a load consists of. */
export interface Plan {
  /** The service's, on 127.0.0.1. */
  readonly url: string;
  /** Marks the documents that this load writes. */
  readonly run: string;
  /** Connections at a time. */
  readonly clients: number;
  /** Requests per second of all clients together. A client that is late skips what it missed. */
  readonly rate: number;
  /** Of these, `POST /data` per second; the others are `GET /`. */
  readonly writes: number;
  /** Requests after which a client takes a new connection, as real ones do: only new connections reach new pods. */
  readonly renewAfter: number;
  /** Milliseconds that a response may take. */
  readonly timeoutMs: number;
  /** Seconds after which the load ends by itself. */
  readonly seconds: number;
}

export const defaultPlan = {
  clients: 48,
  rate: 100,
  writes: 20,
  renewAfter: 60,
  timeoutMs: 10_000,
  seconds: 900,
} as const;

/** Requests that take more CPU than four pods aim at, on enough connections to reach every pod often. */
export const highLoad = { clients: 64, rate: 3500 } as const;

/** Requests that two pods serve easily. */
export const lowLoad = { clients: 64, rate: 100 } as const;

/** A request that did not get the response it should have. Nothing is retried. */
export interface Failure {
  /** Milliseconds since 1970. */
  readonly sentAt: number;
  readonly failedAt: number;
  /** The response's status, Node's error code such as ECONNRESET, or `timeout`. */
  readonly kind: string;
  readonly request: string;
  /** Whether the connection had carried a request before. */
  readonly reused: boolean;
  /** Whether the response had a Retry-After. */
  readonly retryAfter: boolean;
}

/** One second of a load. */
export interface Tick {
  /** Its end, in milliseconds since 1970. */
  readonly at: number;
  readonly answered: number;
  readonly failed: number;
  /** Milliseconds until the whole response had arrived; undefined if none did. */
  readonly latency: { readonly median: number; readonly p99: number; readonly max: number } | undefined;
}

/** Counts requests, second by second. */
export class Tally {
  #times: number[] = [];
  #failed = 0;

  /** @param ms until the whole response had arrived */
  answered(ms: number): void {
    this.#times.push(ms);
  }

  failed(): void {
    this.#failed += 1;
  }

  /** What was counted since the last call. */
  tick(at: number): Tick {
    const times = this.#times.sort((a, b) => a - b);
    const failed = this.#failed;
    this.#times = [];
    this.#failed = 0;
    return { at, answered: times.length, failed, latency: latencyOf(times) };
  }
}

function latencyOf(sorted: readonly number[]): Tick['latency'] {
  const max = sorted.at(-1);
  if (max === undefined) return undefined;
  // The nearest rank: the least value that at least `part` of all values do not exceed.
  const at = (part: number): number => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? max;
  return { median: at(0.5), p99: at(0.99), max };
}

/** From the load's process to the drill. */
export type Report =
  | { readonly type: 'tick'; readonly tick: Tick }
  | { readonly type: 'failure'; readonly failure: Failure }
  | { readonly type: 'stopped'; readonly acknowledged: readonly string[] };
