import type { Context, Middleware } from 'koa';
import { probes } from '../contract';
import type { Dependencies } from './createService';
import { json } from './openapi';

/** Milliseconds that the database has to answer a probe: less than the kubelet's three seconds. */
const pingMs = 1000;

/** `GET /health/live`: the process answers. The database has no say: a restart here would not bring it back. */
export function live(context: Context): void {
  context.body = { status: 'ok' };
}

/** `GET /health` and `GET /health/ready`: 200 while requests can be served, 503 while draining or without a database. */
export function ready({ database, draining }: Dependencies): Middleware {
  return async (context) => {
    const answers = await database.ping(pingMs).then(
      () => true,
      () => false,
    );
    const status = draining.aborted ? 'draining' : answers ? 'ok' : 'no database';
    context.status = status === 'ok' ? 200 : 503;
    if (status !== 'ok') context.set('Retry-After', '1');
    context.body = { status, database: answers ? 'ok' : 'away' };
  };
}

const health = (operationId: string, summary: string) => ({
  get: {
    operationId,
    summary,
    responses: { 200: json('It can.', 'Health'), 503: json('It is draining, or has no database.', 'Health') },
  },
});

/** These endpoints, for OpenAPI. */
export const healthPaths = {
  '/health': health('health', 'Whether requests can be served.'),
  [probes.ready]: health('ready', 'The same, for the readiness probe.'),
  [probes.live]: {
    get: {
      operationId: 'live',
      summary: 'Whether the process answers.',
      responses: { 200: json('It does.', 'Live') },
    },
  },
};

export const healthSchemas = {
  Live: { type: 'object', required: ['status'], properties: { status: { const: 'ok' } }, additionalProperties: false },
  Health: {
    type: 'object',
    required: ['status', 'database'],
    properties: { status: { enum: ['ok', 'draining', 'no database'] }, database: { enum: ['ok', 'away'] } },
    additionalProperties: false,
  },
};
