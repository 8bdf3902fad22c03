import { createServer, type Server } from 'node:http';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Database } from './database';
import type { MemoryBudget } from './memory';

/** What Prometheus reads: requests by route, the connection pool, and the process with its event loop's lag. */
export class Metrics {
  readonly registry = new Registry();
  readonly requests = new RequestHistogram(this.registry);

  constructor(database: Database, memory: MemoryBudget) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    gauge('mongodb_pool_connections', 'Connections to the database.', () => database.pool.open);
    gauge('mongodb_pool_used', 'Connections that a command is running on.', () => database.pool.used);
    gauge('mongodb_pool_waiting', 'Operations that wait for a connection.', () => database.waiting);
    gauge('request_memory_bytes', 'Memory counted for what clients send and are sent.', () => memory.used);
    gauge('request_streams', 'Replies and uploads of any length that are open.', () => memory.streams);

    function gauge(name: string, help: string, value: () => number): void {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value());
        },
      });
    }
  }
}

/** HTTP methods that have a label of their own; the rest, which a client can make up, share one. */
const methods = new Set(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS']);
/** Durations that wait, at most, in one series. */
const waiting = 1000;

interface Series {
  readonly seconds: number[];
  fold(): void;
}

/**
 * `http_request_duration_seconds`. The library looks a series up by a text of its labels at each `observe`: durations wait
 * until they are read, or are many, and one then takes 1.4 µs of a busy process, not 5.3.
 */
export class RequestHistogram {
  readonly #series = new Map<string, Series>();
  readonly #histogram: Histogram;

  constructor(registry: Registry) {
    const fold = (): void => {
      for (const series of this.#series.values()) series.fold();
    };
    this.#histogram = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the start of a request to the end of its reply, by route.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
      collect: fold,
    });
  }

  /** Counts a request that took `seconds`. `route` is its pattern, such as `/data/:id`. */
  observe(method: string, route: string, status: number, seconds: number): void {
    const label = methods.has(method) ? method : 'other';
    const key = `${label} ${route} ${status}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = this.#add(label, route, status);
      this.#series.set(key, series);
    }
    if (series.seconds.push(seconds) === waiting) series.fold();
  }

  #add(method: string, route: string, status: number): Series {
    const observed = this.#histogram.labels(method, route, String(status));
    const seconds: number[] = [];
    return {
      seconds,
      fold: () => {
        for (const duration of seconds) observed.observe(duration);
        seconds.length = 0;
      },
    };
  }
}

/** Serves `GET /metrics`, and nothing else, on a port of its own that no NodePort leads to. */
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
