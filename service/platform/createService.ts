import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import Router from '@koa/router';
import Koa from 'koa';
import type { Logger } from 'pino';
import { environment, probes, requestSeconds } from '../contract';
import { answerProblem } from './answerProblem';
import { type Configuration, type Limits, type LimitTable, platformLimits, readConfiguration } from './configuration';
import { Database } from './database';
import { live, ready } from './health';
import { MemoryBudget } from './memory';
import { createMetricsServer, Metrics } from './metrics';
import { Observer, type TraceHeaders } from './observer';
import { createOpenapi, getOpenapi, type Openapi, type OpenapiPart } from './openapi';
import { dispatch, unmatched } from './routing';
import { close, createBoundedServer, listen } from './server';

/** What handlers are made from: the app has no state of its own. */
export interface Dependencies<Name extends string = never> {
  readonly database: Database;
  readonly limits: Limits<Name>;
  /** What is held in memory for clients is counted here. */
  readonly memory: MemoryBudget;
  /** Aborted when the service is about to stop: it is then unready, and every reply closes its connection. */
  readonly draining: AbortSignal;
  /** Logs and measures requests. Without it neither is done. */
  readonly observer?: Observer | undefined;
}

/** What one service has beyond the platform. */
export interface ServiceDefinition<Name extends string> {
  /** Limits of its routes, beyond the platform's. */
  readonly limits: LimitTable<Name>;
  /** Describes its routes. */
  readonly openapi: OpenapiPart;
  /** Adds its endpoints. Those for health and OpenAPI are there already. */
  readonly routes: (router: Router, dependencies: Dependencies<Name>) => void;
}

export interface Service<Name extends string> {
  /** All limits, the platform's and its own. */
  readonly limits: LimitTable<keyof typeof platformLimits | Name>;
  readonly openapi: Openapi;
  /** Reads the configuration from environment variables. Throws one error that tells every fault. */
  readConfiguration(variables: Readonly<Record<string, string | undefined>>): Configuration<Name>;
  /** The service as a Koa app, without a server. */
  createApp(dependencies: Dependencies<Name>): Koa;
  /** Starts the service. It listens at once: the database may come later. Rejects if a port can't be had. */
  start(configuration: Configuration<Name>, logger: Logger): Promise<RunningService>;
}

/** The service, listening. */
export interface RunningService {
  /** Port of the public endpoints. */
  readonly port: number;
  readonly metricsPort: number;
  /** Turns unready, waits `drainSeconds`, answers what is in flight, and closes the database last. */
  stop(): Promise<void>;
}

/** Puts `definition` on the platform. */
export function createService<Name extends string>(definition: ServiceDefinition<Name>): Service<Name> {
  const limits = { ...platformLimits, ...definition.limits };
  const openapi = createOpenapi(definition.openapi);

  function createApp(dependencies: Dependencies<Name>): Koa {
    const { draining, observer } = dependencies;
    const app = new Koa();
    app.context.onerror = answerProblem(observer);

    const router = new Router()
      .get('/openapi.json', getOpenapi(openapi))
      .get('/health', ready(dependencies))
      .get(probes.live, live)
      .get(probes.ready, ready(dependencies));
    definition.routes(router, dependencies);

    app.use((context, next) => {
      if (draining.aborted) context.set('Connection', 'close');
      const headers = observer?.begin(context);
      if (headers === undefined) return next();
      // A handler that replies at once sends these with its own headers; set before, they would take Node's slower way.
      context.state.headers = headers;
      const handled = next();
      if (!context.headerSent) setAll(context.res, headers);
      return handled;
    });
    app.use(dispatch(router));
    app.use(unmatched);
    return app;
  }

  return {
    limits,
    openapi,
    readConfiguration: (variables) => readConfiguration<Name>(variables, limits),
    createApp,
    start: (configuration, logger) => startService(configuration, logger, createApp),
  };
}

async function startService<Name extends string>(
  configuration: Configuration<Name>,
  logger: Logger,
  createApp: (dependencies: Dependencies<Name>) => Koa,
): Promise<RunningService> {
  const { limits, host } = configuration;
  const database = new Database(configuration.mongoUri, limits);
  const memory = new MemoryBudget(limits);
  const metrics = new Metrics(database, memory);
  const draining = new AbortController();
  const app = createApp({
    database,
    limits,
    memory,
    draining: draining.signal,
    observer: new Observer(logger, metrics),
  });

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

function setAll(response: ServerResponse, headers: TraceHeaders): void {
  for (let index = 0; index < headers.length; index += 2)
    response.setHeader(headers[index] as string, headers[index + 1] as string);
}
