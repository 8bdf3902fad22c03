/** What a load is made of. */
export interface Plan {
  /** The service's, on 127.0.0.1. */
  readonly url: string;
  /** Names this load in the documents that it writes. */
  readonly run: string;
  /** Connections at a time. */
  readonly clients: number;
  /** Requests per second of all clients together. A client that falls behind leaves out what it is late for. */
  readonly rate: number;
  /** Of these, `POST /data` per second; the others are `GET /`. */
  readonly writes: number;
  /** Requests after which a client takes a new connection, as real ones do: new pods get new connections only. */
  readonly renewAfter: number;
  /** Milliseconds that a reply may take. */
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

/** A request that was not answered as it should be. Nothing is asked twice. */
export interface Failure {
  /** Milliseconds since 1970. */
  readonly sentAt: number;
  readonly failedAt: number;
  /** The reply's status, Node's error code such as ECONNRESET, or `timeout`. */
  readonly kind: string;
  readonly request: string;
  /** Whether the connection had carried a request before. */
  readonly reused: boolean;
  /** Whether the reply told when to come again. */
  readonly retryAfter: boolean;
}

/** One second of a load. */
export interface Tick {
  /** Its end, in milliseconds since 1970. */
  readonly at: number;
  readonly answered: number;
  readonly failed: number;
  /** Milliseconds until the whole reply was there; undefined if nothing was answered. */
  readonly latency: { readonly median: number; readonly p99: number; readonly max: number } | undefined;
}

/** From the load's process to the drill. */
export type Report =
  | { readonly type: 'tick'; readonly tick: Tick }
  | { readonly type: 'failure'; readonly failure: Failure }
  | { readonly type: 'stopped'; readonly acknowledged: readonly string[] };

/** From the drill to the load's process. */
export type Order =
  | { readonly type: 'start'; readonly plan: Plan }
  | { readonly type: 'rate'; readonly rate: number }
  | { readonly type: 'stop' };
