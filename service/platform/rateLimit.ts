import type { Middleware } from 'koa';
import { Problem } from './problem';

const windowMs = 60_000;
/** Clients that are counted one by one; memory is bounded so. Beyond them nobody is refused. */
const maxClients = 10_000;

/** Lets each client, by its address, have `requests` in a minute. Each pod counts for itself. */
export function limitRate(requests: number): Middleware {
  const counts = new Map<string, number>();
  let end = 0;
  return (context, next) => {
    const now = Date.now();
    if (now >= end) {
      counts.clear();
      end = now + windowMs;
    }
    const count = (counts.get(context.ip) ?? 0) + 1;
    if (counts.size < maxClients || count > 1) counts.set(context.ip, count);
    if (count <= requests) return next();
    throw new Problem(429, 'too-many-requests', {
      detail: `This address has sent ${requests} requests in a minute. Send fewer.`,
      headers: { 'Retry-After': String(Math.ceil((end - now) / 1000)) },
    });
  };
}
