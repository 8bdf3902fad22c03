import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Context } from 'koa';
import { probes } from '../contract';
import type { Dependencies } from './createService';
import { type ApiRouter, type Endpoint, endpoint } from './endpoint';
import { json, object } from './openapi';

/** Milliseconds for the database to answer a probe: less than the kubelet's three seconds. */
const pingMs = 1000;
/** Maximum delay of the event loop since the last probe, in milliseconds. Beyond it, other pods should get the requests. */
const slowLoopMs = 3000;

const reply = (description: string, statuses: readonly string[], database?: readonly string[]): object =>
  json(description, object({ status: { enum: statuses }, ...(database && { database: { enum: database } }) }));
const full = {
  200: reply('Yes.', ['ok'], ['ok']),
  503: reply('No: it is draining, or has no database.', ['draining', 'no database'], ['ok', 'away']),
};
const readiness = {
  200: reply('Yes.', ['ok']),
  503: reply('No: it is draining, or overloaded.', ['draining', 'overloaded']),
};

/** Adds the health endpoints. */
export function addHealth(router: ApiRouter, { database, draining, logger }: Dependencies): void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();

  let ping: Promise<'ok' | 'away'> | undefined; // of all requests at once: they take no memory, and no connection from others
  const health: Endpoint['handle'] = async (context) => {
    ping ??= database
      .ping(pingMs)
      .then(
        () => 'ok' as const,
        () => 'away' as const,
      )
      .finally(() => (ping = undefined));
    const state = await ping;
    answer(context, draining.aborted ? 'draining' : state === 'ok' ? 'ok' : 'no database', { database: state });
  };
  /** Without a database, pods stay ready and answer 503: otherwise, all of them would be removed at once. */
  const ready: Endpoint['handle'] = (context) => {
    const ms = Math.round(delay.max / 1e6);
    delay.reset();
    if (ms > slowLoopMs) logger?.warn({ ms }, 'not ready: the event loop was blocked');
    answer(context, draining.aborted ? 'draining' : ms > slowLoopMs ? 'overloaded' : 'ok');
  };
  /** Independent of the database, which a restart of the service does not bring back. */
  const live: Endpoint['handle'] = (context) => answer(context, 'ok');

  for (const [path, operationId, summary, responses, handler] of [
    ['/health', 'health', 'Whether requests can be served in full.', full, health],
    [probes.startup, 'startup', 'The same, for the startup probe.', full, health],
    [probes.ready, 'ready', 'Whether it accepts requests.', readiness, ready],
    [probes.live, 'live', 'Whether the process responds.', { 200: readiness[200] }, live],
  ] as const) {
    router.add('get', path, endpoint(operationId, summary, { responses, handler }));
  }
}

function answer(context: Context, status: string, others: object = {}): void {
  context.status = status === 'ok' ? 200 : 503;
  if (status !== 'ok') context.set('Retry-After', '1');
  context.type = 'json';
  context.body = JSON.stringify({ status, ...others }); // for an object Koa loads `Response`, a tenth of the service's start
}
