import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { probes } from '../contract';
import type { Dependencies } from './createService';
import { json, object } from './openapi';

/** Milliseconds that the database has to answer a probe: less than the kubelet's three seconds. */
const pingMs = 1000;
/** Delay of the event loop since the last probe, in milliseconds, beyond which other pods should have the requests. */
const slowLoopMs = 3000;

/** Adds the endpoints that tell how the service is. */
export function addHealth(router: Router, { database, draining }: Pick<Dependencies, 'database' | 'draining'>): void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const served = whetherServed(database, draining);
  router
    .get('/health', served)
    .get(probes.startup, served)
    .get(probes.ready, whetherReady(draining, delay))
    .get(probes.live, (context) => {
      context.body = { status: 'ok' }; // the database has no say: a restart here would not bring it back
    });
}

/** 200 if requests can be served in full, 503 while draining or without a database. */
function whetherServed(database: Dependencies['database'], draining: AbortSignal): Middleware {
  return async (context) => {
    const answers = await database.ping(pingMs).then(
      () => true,
      () => false,
    );
    answer(context, draining.aborted ? 'draining' : answers ? 'ok' : 'no database', {
      database: answers ? 'ok' : 'away',
    });
  };
}

/** 200 while the process can take requests. A database that is away is no reason to take all pods out at once: they answer 503. */
function whetherReady(draining: AbortSignal, delay: IntervalHistogram): Middleware {
  return (context) => {
    const slow = delay.max / 1e6 > slowLoopMs;
    delay.reset();
    answer(context, draining.aborted ? 'draining' : slow ? 'overloaded' : 'ok');
  };
}

function answer(context: Context, status: string, others: object = {}): void {
  context.status = status === 'ok' ? 200 : 503;
  if (status !== 'ok') context.set('Retry-After', '1');
  context.body = { status, ...others };
}

const status = (...values: readonly string[]) => ({ status: { enum: values } });
const database = { database: { enum: ['ok', 'away'] } };
export const healthSchemas = {
  Live: object(status('ok')),
  Ready: object(status('ok', 'draining', 'overloaded')),
  Health: object({ ...status('ok', 'draining', 'no database'), ...database }),
};

const described = (operationId: string, summary: string, schema: string, not?: string) => {
  const refusal = not === undefined ? {} : { 503: json(`Not: it is draining, or ${not}.`, schema) };
  return { get: { operationId, summary, responses: { 200: json('It is.', schema), ...refusal } } };
};

/** These endpoints, for OpenAPI. */
export const healthPaths = {
  '/health': described('health', 'Whether requests can be served in full.', 'Health', 'has no database'),
  [probes.startup]: described('startup', 'The same, for the startup probe.', 'Health', 'has no database'),
  [probes.ready]: described('ready', 'Whether it takes requests.', 'Ready', 'overloaded'),
  [probes.live]: described('live', 'Whether the process answers.', 'Live'),
};
