import type { RouterContext } from '@koa/router';
import type { ParameterizedContext } from 'koa';
import { Problem } from './problem';

/** Answers what no route did: a wrong method by what is allowed, anything else by 404. */
export function unmatched(context: ParameterizedContext & { matched?: RouterContext['matched'] }): void {
  const allowed = [...new Set((context.matched ?? []).flatMap((layer) => layer.methods))].join(', ');
  if (allowed === '') {
    throw new Problem(404, 'not-found', {
      detail: `Nothing is at ${context.path}. GET /openapi.json lists all that there is.`,
    });
  }
  if (context.method === 'OPTIONS') {
    context.set('Allow', allowed);
    context.status = 204;
    return;
  }
  throw new Problem(405, 'method-not-allowed', {
    detail: `${context.method} is not possible at ${context.path}. Use ${allowed}.`,
    headers: { Allow: allowed },
  });
}
