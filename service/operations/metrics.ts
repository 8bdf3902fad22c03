import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Database } from '../database/database';

/** HTTP methods that have a label of their own; the rest, which a client can make up, share one. */
const methods = new Set(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS']);

/** What Prometheus reads: requests by route, the connection pool, and the process with its event loop's lag. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests: Histogram;
  /** The histogram's own look-up by labels costs more than all the rest of a measurement. */
  readonly #series = new Map<string, { observe(value: number): void }>();

  constructor(database: Database) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#requests = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the start of a request to the end of its reply, by route.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    gauge('mongodb_pool_connections', 'Connections to the database.', () => database.pool.open);
    gauge('mongodb_pool_used', 'Connections that a command is running on.', () => database.pool.used);
    gauge('mongodb_pool_waiting', 'Operations that wait for a connection.', () => database.waiting);

    function gauge(name: string, help: string, value: () => number): void {
      new Gauge({ name, help, registers, collect() { this.set(value()); } });
    }
  }

  /** Counts a request that took `seconds`. `route` is its pattern, such as `/data/:id`. */
  request(method: string, route: string, status: number, seconds: number): void {
    const key = `${method} ${route} ${status}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = this.#requests.labels(methods.has(method) ? method : 'other', route, String(status));
      if (methods.has(method)) this.#series.set(key, series);
    }
    series.observe(seconds);
  }
}
