import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from './app';
import type { Configuration } from './configuration';
import { Database } from './database/database';
import type { Limits } from './limits';

/** The service, listening. */
export interface Service {
  /** Port of the public endpoints. */
  readonly port: number;
  /** Turns unready, waits `drainSeconds`, answers what is in flight, and closes the database last. */
  stop(): Promise<void>;
}

/** Starts the service. It listens at once: the database may come later. Rejects if a port can't be had. */
export async function startService(configuration: Configuration): Promise<Service> {
  const { limits } = configuration;
  const database = new Database(configuration.mongoUri, limits);
  const draining = new AbortController();
  const app = createApp({ database, limits, draining: draining.signal });
  const server = createServer(serverOptions(limits), app.callback());
  server.timeout = limits.idleMs;
  await listen(server, configuration.httpPort);
  // The first request then need not wait for the connection. A failure is told by readiness.
  void database.ping(limits.connectMs).catch(() => {});

  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      draining.abort();
      await sleep(configuration.drainSeconds * 1000);
      server.close();
      await once(server, 'close');
      await database.close();
    },
  };
}

function serverOptions(limits: Limits): object {
  return {
    headersTimeout: limits.headersMs,
    requestTimeout: 0, // a stream of NDJSON may take as long as it likes; `readBody` and the idle timeout bound the rest
    connectionsCheckingInterval: 1000,
    // Longer than the usual client keeps a connection, so that the client closes it and never meets a reset.
    keepAliveTimeout: 75_000,
  };
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port);
  await once(server, 'listening'); // rejects at 'error'
}
