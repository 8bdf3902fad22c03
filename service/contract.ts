/** What the stack and the service must agree on: both import it. */

/** TCP port of the public HTTP endpoints. */
export const httpPort = 5000;

/** TCP port of `/metrics`. A port of its own, so that the NodePort can never reach it. */
export const metricsPort = 9464;

/**
 * Paths that the kubelet probes. `startup`: the database has answered. `ready`: the process accepts requests, also without a database,
 * when it answers 503. `live`: the process responds.
 */
export const probes = { startup: '/health/startup', ready: '/health/ready', live: '/health/live' } as const;

/** Names of the environment variables that the stack or a command sets. */
export const environment = {
  /** MongoDB connection string, with credentials and database name. Required. */
  mongoUri: 'MONGODB_URI',
  /** Seconds that readiness stays 503 before the server stops listening. Default 0. */
  drainSeconds: 'DRAIN_SECONDS',
  /** Port of the public endpoints. Default `httpPort`. */
  httpPort: 'HTTP_PORT',
  /** Port of `/metrics`. Default `metricsPort`. */
  metricsPort: 'METRICS_PORT',
  /** Lowest level that is logged: trace, debug, info (default), warn, error, fatal or silent. */
  logLevel: 'LOG_LEVEL',
  /** Where traces are sent, as OTLP over HTTP: a URL to which `/v1/traces` is added. Default: nowhere. */
  otlpEndpoint: 'OTEL_EXPORTER_OTLP_ENDPOINT',
} as const;

/** Seconds that requests in flight have after the drain. A pod needs them, and a few more, beyond `drainSeconds`. */
export const requestSeconds = 20;

/** Uid and gid that the service's container runs as: `node` in the official image. */
export const serviceUser = 1000;
