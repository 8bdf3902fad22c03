import { monitorEventLoopDelay } from 'node:perf_hooks';
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
export function addHealth(
  router: Router,
  { database, draining, logger }: Pick<Dependencies, 'database' | 'draining' | 'logger'>,
): void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();

  /** 200 if requests can be served in full, 503 while draining or without a database. */
  const health: Middleware = async (context) => {
    const state = await database.ping(pingMs).then(
      () => 'ok',
      () => 'away',
    );
    answer(context, draining.aborted ? 'draining' : state === 'ok' ? 'ok' : 'no database', { database: state });
  };
  /** 200 while the process can take requests. A database that is away is no reason to take all pods out at once: they answer 503. */
  const ready: Middleware = (context) => {
    const ms = Math.round(delay.max / 1e6);
    delay.reset();
    if (ms > slowLoopMs) logger?.warn({ ms }, 'not ready: the event loop was blocked');
    answer(context, draining.aborted ? 'draining' : ms > slowLoopMs ? 'overloaded' : 'ok');
  };
  /** The database has no say: a restart here would not bring it back. */
  const live: Middleware = (context) => answer(context, 'ok');
  router.get('/health', health).get(probes.startup, health).get(probes.ready, ready).get(probes.live, live);
}

function answer(context: Context, status: string, others: object = {}): void {
  context.status = status === 'ok' ? 200 : 503;
  if (status !== 'ok') context.set('Retry-After', '1');
  context.body = { status, ...others };
}

const reply = (description: string, statuses: readonly string[], database?: readonly string[]): object =>
  json(description, object({ status: { enum: statuses }, ...(database && { database: { enum: database } }) }));
const described = (operationId: string, summary: string, responses: object): object => ({
  get: { operationId, summary, responses },
});
const full = {
  200: reply('Yes.', ['ok'], ['ok']),
  503: reply('No: it is draining, or has no database.', ['draining', 'no database'], ['ok', 'away']),
};

export const healthPaths = {
  '/health': described('health', 'Whether requests can be served in full.', full),
  [probes.startup]: described('startup', 'The same, for the startup probe.', full),
  [probes.ready]: described('ready', 'Whether it takes requests.', {
    200: reply('Yes.', ['ok']),
    503: reply('No: it is draining, or overloaded.', ['draining', 'overloaded']),
  }),
  [probes.live]: described('live', 'Whether the process answers.', { 200: reply('Yes.', ['ok']) }),
};
