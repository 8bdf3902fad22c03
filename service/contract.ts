/** What the stack and the service must agree on. Both import it; nothing here is said anywhere else. */

/** TCP port of the public HTTP endpoints (the seed's). */
export const httpPort = 5000;

/** TCP port of `/metrics`. A port of its own, so that the NodePort can never reach it. */
export const metricsPort = 9464;

/**
 * Paths that the kubelet probes. `startup`: the database has answered. `ready`: the process takes requests; a database that is
 * lost later is answered by 503. `live`: the process answers.
 */
export const probes = { startup: '/health/startup', ready: '/health/ready', live: '/health/live' } as const;

/** Names of the environment variables that `service/main.ts` reads; those of the limits stand in their tables. */
export const environment = {
  /** MongoDB connection string, credentials and database name in it. Required. */
  mongoUri: 'MONGODB_URI',
  /** Seconds that readiness stays 503 before the server stops listening. Default 0. */
  drainSeconds: 'DRAIN_SECONDS',
  /** Port of the public endpoints, in place of `httpPort`. */
  httpPort: 'HTTP_PORT',
  /** Port of `/metrics`, in place of `metricsPort`. */
  metricsPort: 'METRICS_PORT',
  /** Least level that is logged: trace, debug, info (default), warn, error, fatal or silent. */
  logLevel: 'LOG_LEVEL',
  /** Keys that may do everything, with commas between them. Without keys and tokens everybody may do everything. */
  apiKeys: 'API_KEYS',
  /** Keys that may only read. */
  readKeys: 'API_KEYS_READ_ONLY',
  /** Who signs tokens (JWT): the URL of a JWKS, a public key as PEM, or a secret. */
  jwtKey: 'JWT_KEY',
  /** The `iss` that a token must have, if set. */
  jwtIssuer: 'JWT_ISSUER',
  /** The `aud` that a token must have, if set. */
  jwtAudience: 'JWT_AUDIENCE',
  /** Origins of pages that may use the service, with commas between them; `*` is all. Default none. */
  corsOrigins: 'CORS_ORIGINS',
  /** Where traces are sent, as OTLP over HTTP: a URL to which `/v1/traces` is added. Default: nowhere. */
  otlpEndpoint: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  /** The same, for traces only, and whole. */
  otlpTracesEndpoint: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  /** `http/protobuf`, as is the default. */
  otlpProtocol: 'OTEL_EXPORTER_OTLP_PROTOCOL',
  /** How the service is named in traces. */
  serviceName: 'OTEL_SERVICE_NAME',
} as const;

/** Seconds that requests in flight have after the drain. A pod needs them, and a few more, beyond `drainSeconds`. */
export const requestSeconds = 20;

/** Uid and gid that the service's container runs as: `node` in the official image. */
export const serviceUser = 1000;
