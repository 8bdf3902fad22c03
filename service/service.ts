import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createApp } from './app';
import type { Configuration } from './configuration';
import { environment, requestSeconds } from './contract';
import { Database } from './database/database';
import { close, createBoundedServer, listen } from './http/server';
import { Metrics } from './operations/metrics';
import { createMetricsServer } from './operations/metricsServer';
import { Observer } from './operations/observer';

/** The service, listening. */
export interface Service {
  /** Port of the public endpoints. */
  readonly port: number;
  readonly metricsPort: number;
  /** Turns unready, waits `drainSeconds`, answers what is in flight, and closes the database last. */
  stop(): Promise<void>;
}

/** Starts the service. It listens at once: the database may come later. Rejects if a port can't be had. */
export async function startService(configuration: Configuration, logger: Logger): Promise<Service> {
  const { limits, host } = configuration;
  const database = new Database(configuration.mongoUri, limits);
  const metrics = new Metrics(database);
  const draining = new AbortController();
  const app = createApp({ database, limits, draining: draining.signal, observer: new Observer(logger, metrics) });

  const server = createBoundedServer(limits, app.callback());
  const metricsServer = createMetricsServer(metrics);
  const port = await listen(server, configuration.httpPort, environment.httpPort, host);
  const metricsPort = await listen(metricsServer, configuration.metricsPort, environment.metricsPort, host).catch(
    async (error: unknown) => {
      await close(server, 0);
      throw error;
    },
  );
  logger.info({ port, metricsPort }, 'listening');
  // The first request then need not wait for the connection. A failure is told by readiness.
  void database.ping(limits.connectMs).catch(() => {});

  return {
    port,
    metricsPort,
    stop: async () => {
      logger.info({ seconds: configuration.drainSeconds }, 'draining');
      draining.abort();
      await sleep(configuration.drainSeconds * 1000);
      await close(server, requestSeconds);
      await close(metricsServer, 0);
      await database.close();
      logger.info('stopped');
    },
  };
}
