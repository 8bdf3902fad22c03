import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Database } from '../database/database';
import { RequestHistogram } from './requestHistogram';

/** What Prometheus reads: requests by route, the connection pool, and the process with its event loop's lag. */
export class Metrics {
  readonly registry = new Registry();
  readonly requests = new RequestHistogram(this.registry);

  constructor(database: Database) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    gauge('mongodb_pool_connections', 'Connections to the database.', () => database.pool.open);
    gauge('mongodb_pool_used', 'Connections that a command is running on.', () => database.pool.used);
    gauge('mongodb_pool_waiting', 'Operations that wait for a connection.', () => database.waiting);

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
