import type { Context, Middleware } from 'koa';
import type { Dependencies } from '../dependencies';

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
