import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import cors from '@koa/cors';
import Koa from 'koa';
import type { Logger } from 'pino';
import { environment, requestSeconds } from '../contract';
import { type Access, authenticate, isOpen, limitRate } from './access';
import {
  type Configuration,
  type Limits,
  type LimitTable,
  platformLimits,
  readConfiguration,
  type SettingTable,
} from './configuration';
import { Database } from './database';
import { ApiRouter } from './endpoint';
import { answerProblem, frame } from './frame';
import { addHealth } from './health';
import type { ServiceLogger } from './logger';
import { MemoryBudget } from './memory';
import { createMetricsServer, Metrics } from './metrics';
import { Observer } from './observer';
import { addOpenapi, type OpenapiPart } from './openapi';
import { close, createBoundedServer, listen } from './server';

/** Methods that are 405 where a path does not have them; others are 501. */
const methods = ['HEAD', 'OPTIONS', 'GET', 'PUT', 'PATCH', 'POST', 'DELETE', 'TRACE', 'QUERY'];
/** Seconds for uploads to report what was stored, before they are cut off. */
const lastWordSeconds = 5;

/** What handlers use: the app itself has no state. */
export interface Dependencies<Name extends string = never> {
  readonly database: Database;
  readonly limits: Limits<Name>;
  /** Counts the memory of requests and responses. */
  readonly memory: MemoryBudget;
  /** Variables of the routes that are set, checked at the start. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly logger?: Logger;
  /** Aborted when the service begins to stop: it becomes unready, and each response closes its connection. */
  readonly draining: AbortSignal;
  /** Aborted a few seconds before open requests are cut off: endless ones must end now. */
  readonly stopping: AbortSignal;
  /** Default: open. */
  readonly access?: Access;
  /** Origins of pages that may use the service. Default: none but its own. */
  readonly origins?: readonly string[];
  /** Logs and measures requests. Default: neither. */
  readonly observer?: Observer | undefined;
}

/** What a service adds to the platform. */
interface ServiceDefinition<Name extends string> {
  /** Limits of its routes, beyond the platform's. */
  readonly limits: LimitTable<Name>;
  /** Further environment variables of its routes. */
  readonly settings?: SettingTable;
  readonly openapi: OpenapiPart;
  /** Adds its endpoints to those for health and OpenAPI. */
  readonly routes: (router: ApiRouter, dependencies: Dependencies<Name>) => void;
}

/** Puts `definition` on the platform. */
export function createService<Name extends string>(definition: ServiceDefinition<Name>) {
  const limits: LimitTable<keyof typeof platformLimits | Name> = { ...platformLimits, ...definition.limits };

  /** The service as a Koa app, without a server. */
  function createApp(dependencies: Dependencies<Name>): Koa {
    const { limits, draining, access = { apiKeys: [], readKeys: [] }, origins = [] } = dependencies;
    setMaxListeners(0, dependencies.stopping, draining); // one for each stream
    const app = new Koa();
    app.context.onerror = answerProblem;
    if (dependencies.observer !== undefined) app.use(dependencies.observer.observe);
    if (origins.length > 0) app.use(allowOrigins(origins));
    app.use(frame(draining));

    const router = new ApiRouter({ methods });
    addHealth(router, dependencies);
    addOpenapi(router, definition.openapi);
    // For the routes below only: probes are never refused.
    if (limits.requestsPerMinute > 0) router.use(limitRate(limits.requestsPerMinute));
    if (!isOpen(access)) router.use(authenticate(access));
    definition.routes(router, dependencies);
    app.use(router.routes()).use(router.allowedMethods());
    return app;
  }

  /** Starts the service. It listens at once; the database may start later. Rejects if a port is not free. */
  async function start(configuration: Configuration<Name>, { logger, dropped }: ServiceLogger) {
    const { limits, host, access, traced } = configuration;
    // Loaded only where it is used.
    const stopExporter = traced ? (await import('./exporter.js')).startExporter(logger) : undefined;
    const database = new Database(configuration.mongoUri, limits, { logger, traced });
    const memory = new MemoryBudget(limits);
    const metrics = new Metrics({ database, memory, dropped });
    const observer = new Observer(logger, metrics, { traced });
    const [draining, stopping] = [new AbortController(), new AbortController()];
    const signals = { draining: draining.signal, stopping: stopping.signal };
    const app = createApp({ ...configuration, ...signals, database, memory, logger, observer });

    const server = createBoundedServer(limits, app.callback(), observer.refused);
    const metricsServer = createMetricsServer(metrics);
    const disconnect = () => Promise.all([database.close(), stopExporter?.()]);
    const listenOnBoth = async () => {
      const metricsPort = await listen(metricsServer, configuration.metricsPort, environment.metricsPort, host);
      metricsServer.unref(); // it does not keep the process running
      return { metricsPort, port: await listen(server, configuration.httpPort, environment.httpPort, host) };
    };
    const { metricsPort, port } = await listenOnBoth().catch(async (error: unknown) => {
      draining.abort(); // ends background work of routes, which would keep the process running
      await disconnect();
      throw error;
    });
    logger.info({ port, metricsPort, access: isOpen(access) ? 'open to everybody' : 'by key or token' }, 'listening');
    // The first request then need not wait for the connection. A failure is logged by the database.
    void database.ping(limits.connectMs).catch(() => {});

    return {
      port,
      metricsPort,
      /** Becomes unready, waits `drainSeconds`, finishes open requests, and closes the database last. */
      stop: async (): Promise<void> => {
        logger.info({ seconds: configuration.drainSeconds }, 'draining');
        draining.abort();
        await sleep(configuration.drainSeconds * 1000);
        setTimeout(() => stopping.abort(), (requestSeconds - lastWordSeconds) * 1000).unref();
        await close(server, requestSeconds);
        await close(metricsServer, 0);
        await disconnect();
        logger.info('stopped');
      },
    };
  }

  return {
    limits,
    readConfiguration: (variables: Readonly<Record<string, string | undefined>>): Configuration<Name> =>
      readConfiguration(variables, limits, definition.settings),
    createApp,
    start,
  };
}

/** Lets pages of `origins` (`*`: of all) use the service. */
function allowOrigins(origins: readonly string[]): Koa.Middleware {
  return cors({
    origin: ({ headers: { origin = '' } }) => (origins.includes('*') ? '*' : origins.includes(origin) ? origin : ''),
    exposeHeaders: ['ETag', 'Link', 'Location', 'Retry-After', 'X-Request-Id', 'X-Total-Count'],
    maxAge: 600,
    keepHeadersOnError: false, // `answerProblem` keeps them
  });
}
