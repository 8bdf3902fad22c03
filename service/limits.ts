/** A bound of the service: its default, the least and the greatest value, and the environment variable that sets it. */
interface Limit {
  readonly variable: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

/** Every bound of the service, in one place. A request beyond one is told which one. */
export const limitTable = {
  /** Bytes of a JSON body, and of one NDJSON line. At most 2 MiB: its BSON, up to 6.5 times larger, must fit MongoDB's 16 MiB. */
  bodyBytes: { variable: 'MAX_BODY_BYTES', default: 1_048_576, min: 1024, max: 2_097_152 },
  /** Objects in one JSON array. */
  items: { variable: 'MAX_ITEMS', default: 1000, min: 1, max: 100_000 },
  /** Nested objects and arrays in a document; MongoDB itself ends at 100. */
  depth: { variable: 'MAX_DEPTH', default: 64, min: 1, max: 90 },
  /** Greatest `?limit=` of a page. */
  pageItems: { variable: 'MAX_PAGE_ITEMS', default: 1000, min: 1, max: 100_000 },
  /** Connections to the database. */
  poolSize: { variable: 'MAX_POOL_SIZE', default: 32, min: 1, max: 1000 },
  /** Requests that may wait for one of those connections; more are answered 503 at once. */
  queue: { variable: 'MAX_QUEUE', default: 500, min: 0, max: 100_000 },
  /** Milliseconds that the database may take to answer one command. */
  databaseMs: { variable: 'DATABASE_TIMEOUT_MS', default: 4000, min: 100, max: 60_000 },
  /** Milliseconds to find, or connect to, a database that is away. */
  connectMs: { variable: 'DATABASE_CONNECT_TIMEOUT_MS', default: 2000, min: 100, max: 60_000 },
  /** Milliseconds for a client to send all of its headers. */
  headersMs: { variable: 'HEADERS_TIMEOUT_MS', default: 10_000, min: 100, max: 600_000 },
  /** Milliseconds for a client to send all of a JSON body. */
  bodyMs: { variable: 'BODY_TIMEOUT_MS', default: 15_000, min: 100, max: 600_000 },
  /** Milliseconds that a connection may be still in the middle of a request or a reply. */
  idleMs: { variable: 'IDLE_TIMEOUT_MS', default: 30_000, min: 100, max: 600_000 },
  /** Hours that the answer to an `Idempotency-Key` is kept. */
  idempotencyHours: { variable: 'IDEMPOTENCY_HOURS', default: 24, min: 1, max: 720 },
} as const satisfies Record<string, Limit>;

export type Limits = { readonly [name in keyof typeof limitTable]: number };

/** The limits with which the service runs when nothing else is said. */
export const defaultLimits: Limits = fromTable((limit) => limit.default);

/** Makes `Limits` by asking `value` for each of the table. */
export function fromTable(value: (limit: Limit) => number): Limits {
  return Object.fromEntries(Object.entries(limitTable).map(([name, limit]) => [name, value(limit)])) as Limits;
}
