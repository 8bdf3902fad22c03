import { createServer, type Server } from 'node:http';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Database } from './database';
import type { MemoryBudget } from './memory';

/** HTTP methods with their own label. All others, which clients can invent, share one. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'none']);

/** Sources of the metrics. */
export interface MetricSources {
  readonly database: Database;
  readonly memory: MemoryBudget;
  /** Log lines that were dropped. */
  readonly dropped?: () => number;
}

/** Prometheus metrics: requests by route, the connection pool, memory, and the process with the lag of its event loop. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests: Histogram;

  constructor({ database, memory, dropped = () => 0 }: MetricSources) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#requests = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the start of a request to the end of its reply, by route. Status 499: the client went away.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    const measure = (name: string, help: string, value: () => number, Metric: typeof Counter | typeof Gauge = Gauge) =>
      new Metric({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(value());
        },
      });
    measure('mongodb_pool_connections', 'Connections to the database.', () => database.pool.open);
    measure('mongodb_pool_used', 'Connections that a command is running on.', () => database.pool.used);
    measure('mongodb_pool_waiting', 'Operations that wait for a connection.', () => database.waiting);
    measure('request_memory_bytes', 'Memory counted for what clients send and are sent.', () => memory.used);
    measure('request_streams', 'Replies and uploads of any length that are open.', () => memory.streams);
    measure('log_lines_dropped_total', 'Log lines dropped because the output was not read.', dropped, Counter);
  }

  /** Counts a request that took `seconds`. `route` is its pattern, such as `/things/:id`. */
  observe(method: string, route: string, status: number, seconds: number): void {
    this.#requests.observe({ method: methods.has(method) ? method : 'other', route, status }, seconds);
  }
}

/** Serves only `GET /metrics`, on its own port, which no NodePort reaches. */
export function createMetricsServer({ registry }: Metrics): Server {
  return createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Only /metrics is here.\n');
      return;
    }
    void registry.metrics().then(
      (text) => response.writeHead(200, { 'Content-Type': registry.contentType }).end(text),
      (error: unknown) => response.writeHead(500, { 'Content-Type': 'text/plain' }).end(`${String(error)}\n`),
    );
  });
}
