import { environment, httpPort, metricsPort } from '../contract';
import { parseJwtKey } from './access';
import { defaultMemoryBytes } from './memory';
import { mongoUriFault } from './mongoUri';

/** A limit of the service: its environment variable, default, minimum and maximum. */
interface Limit {
  readonly variable: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

/** Limits by name. */
export type LimitTable<Name extends string> = { readonly [name in Name]: Limit };

/** Checks of more variables, by name: each throws an error if the text is invalid. */
export type SettingTable = { readonly [variable: string]: (text: string) => unknown };

/** The limits of every service. Routes add their own. */
export const platformLimits = {
  /** Bytes of a JSON body, and of one NDJSON line. At most 2 MiB: its BSON, up to 6.5 times larger, must fit MongoDB's 16 MiB. */
  bodyBytes: { variable: 'MAX_BODY_BYTES', default: 1_048_576, min: 1024, max: 2_097_152 },
  /** Bytes of memory for all requests and responses together. */
  memoryBytes: { variable: 'MAX_MEMORY_BYTES', default: defaultMemoryBytes(), min: 1_048_576, max: 2 ** 36 },
  /** Concurrent responses and uploads of any length. */
  streams: { variable: 'MAX_STREAMS', default: 32, min: 1, max: 10_000 },
  /** Requests of one client, by its address, in a minute; 0 for any number. */
  requestsPerMinute: { variable: 'MAX_REQUESTS_PER_MINUTE', default: 0, min: 0, max: 1_000_000 },
  /** Connections of clients; more are closed at once. */
  connections: { variable: 'MAX_CONNECTIONS', default: 2000, min: 1, max: 100_000 },
  /** Connections to the database. */
  poolSize: { variable: 'MAX_POOL_SIZE', default: 32, min: 1, max: 1000 },
  /** Requests that may wait for one of those connections; more are answered 503 at once. */
  queue: { variable: 'MAX_QUEUE', default: 500, min: 0, max: 100_000 },
  /** Milliseconds that the database may take to answer one command. */
  databaseMs: { variable: 'DATABASE_TIMEOUT_MS', default: 4000, min: 100, max: 60_000 },
  /** Milliseconds to find, or connect to, the database. */
  connectMs: { variable: 'DATABASE_CONNECT_TIMEOUT_MS', default: 2000, min: 100, max: 60_000 },
  /** Milliseconds for a client to send all of its headers. */
  headersMs: { variable: 'HEADERS_TIMEOUT_MS', default: 10_000, min: 100, max: 600_000 },
  /** Milliseconds for a client to send all of a JSON body. */
  bodyMs: { variable: 'BODY_TIMEOUT_MS', default: 15_000, min: 100, max: 600_000 },
  /** Milliseconds without data during a request or response. */
  idleMs: { variable: 'IDLE_TIMEOUT_MS', default: 30_000, min: 100, max: 600_000 },
} as const satisfies LimitTable<string>;

export type Limits<Name extends string = never> = { readonly [name in keyof typeof platformLimits | Name]: number };

/** How one process of the service runs. `Name` are the limits of its routes. */
export type Configuration<Name extends string = never> = ReturnType<typeof readConfiguration<Name>> & {
  /** Address to listen on. Default: all of the machine's. */
  readonly host?: string;
};

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** Reads the configuration from `variables`: limits as `table` says, others as `checks` do. Throws one error with all faults. */
export function readConfiguration<Name extends string>(
  variables: Readonly<Record<string, string | undefined>>,
  table: LimitTable<keyof typeof platformLimits | Name>,
  checks: SettingTable = {},
) {
  const faults: string[] = [];
  const textOf = (variable: string): string | undefined => variables[variable] || undefined;
  const list = (variable: string): readonly string[] =>
    (textOf(variable) ?? '')
      .split(',')
      .map((text) => text.trim())
      .filter(Boolean);
  const integer = ({ variable, default: usual, min, max }: Limit): number => {
    const text = textOf(variable) ?? String(usual);
    const value = Number(text);
    if (!Number.isInteger(value) || value < min || value > max)
      faults.push(`${variable} is '${text}': set a whole number from ${min} to ${max}, or leave it out for ${usual}.`);
    return value;
  };

  const logLevel = textOf(environment.logLevel) ?? 'info';
  if (!logLevels.includes(logLevel))
    faults.push(`${environment.logLevel} is '${logLevel}': set one of ${logLevels.join(', ')}.`);
  const jwtKey = textOf('JWT_KEY');
  try {
    if (jwtKey !== undefined) parseJwtKey(jwtKey);
  } catch {
    // Without the value, which may be a secret.
    faults.push('JWT_KEY is malformed: set the URL of a JWKS, a public key as PEM, or a secret.');
  }
  const mongoUri = textOf(environment.mongoUri) ?? '';
  const fault = mongoUriFault(mongoUri);
  if (fault !== undefined) faults.push(`${environment.mongoUri} ${fault}.`);
  const settings: Record<string, string> = {};
  for (const [variable, check] of Object.entries(checks)) {
    const text = textOf(variable);
    if (text === undefined) continue;
    settings[variable] = text;
    try {
      check(text);
    } catch (error) {
      faults.push(`${variable} is wrong: ${(error as Error).message}.`);
    }
  }

  const configuration = {
    settings,
    mongoUri,
    logLevel,
    /** Whether there is somewhere to send traces, by the standard variables of OpenTelemetry, which reads the others itself. */
    traced:
      textOf('OTEL_SDK_DISABLED') !== 'true' &&
      (textOf(environment.otlpEndpoint) ?? textOf('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT')) !== undefined,
    httpPort: integer({ variable: environment.httpPort, default: httpPort, min: 0, max: 65_535 }),
    metricsPort: integer({ variable: environment.metricsPort, default: metricsPort, min: 0, max: 65_535 }),
    drainSeconds: integer({ variable: environment.drainSeconds, default: 0, min: 0, max: 600 }),
    origins: list('CORS_ORIGINS'),
    access: {
      apiKeys: list('API_KEYS'),
      readKeys: list('API_KEYS_READ_ONLY'),
      jwtKey,
      jwtIssuer: textOf('JWT_ISSUER'),
      jwtAudience: textOf('JWT_AUDIENCE'),
    },
    limits: limitsOf(table, integer),
  };
  if (faults.length > 0) throw new Error(`The service can't start:\n${faults.map((fault) => `- ${fault}`).join('\n')}`);
  return configuration;
}

/** The value of each limit in `table`: its default unless `value` says otherwise. */
export function limitsOf<Name extends string>(
  table: LimitTable<Name>,
  value = (limit: Limit): number => limit.default,
): { readonly [name in Name]: number } {
  const entries = Object.entries<Limit>(table).map(([name, limit]) => [name, value(limit)]);
  return Object.fromEntries(entries) as { readonly [name in Name]: number };
}
