/** What the stack and the service must agree on. Both import it; nothing here is said anywhere else. */

/** TCP port of the public HTTP endpoints (the seed's). */
export const httpPort = 5000;

/** TCP port of `/metrics`. A port of its own, so that the NodePort can never reach it. */
export const metricsPort = 9464;

/** Paths that the kubelet probes. */
export const probes = { live: '/health/live', ready: '/health/ready' } as const;

/** Names of the environment variables that `service/main.ts` reads; those of the limits stand in `limits.ts`. */
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
} as const;

/** Seconds that requests in flight have after the drain. A pod needs them, and a few more, beyond `drainSeconds`. */
export const requestSeconds = 20;

/** Uid and gid that the service's container runs as: `node` in the official image. */
export const serviceUser = 1000;
