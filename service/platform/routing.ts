import type { Context, Next } from 'koa';
import { Problem } from './problem';

/** Outside of a router and its `allowedMethods()`: makes problems of what no route answered. */
export async function unmatched(context: Context, next: Next): Promise<void> {
  await next();
  if (context.body !== undefined || context.respond === false) return;
  const allowed = context.response.get('Allow');
  if (context.status === 404) {
    throw new Problem(404, 'not-found', {
      detail: `Nothing is at ${context.path}. GET /openapi.json lists all that there is.`,
    });
  }
  if (context.status !== 405 && context.status !== 501) return;
  throw new Problem(context.status, 'method-not-allowed', {
    detail: `${context.method} is not possible at ${context.path}. Use ${allowed}.`,
    headers: { Allow: allowed },
  });
}

/** Refuses what HTTP itself asks a server to refuse, and Node would without a problem. */
export function refuseMalformed({ req }: Context): void {
  if (req.headers.host === undefined && req.httpVersion === '1.1') {
    throw new Problem(400, 'bad-request', { detail: 'The request has no Host header. Send one.' });
  }
  const { expect } = req.headers;
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
    throw new Problem(417, 'bad-request', {
      detail: `The expectation '${expect}' can't be met. Send none, or 100-continue.`,
    });
  }
}
