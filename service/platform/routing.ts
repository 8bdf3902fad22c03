import type Router from '@koa/router';
import type { RouterContext } from '@koa/router';
import type { Middleware, ParameterizedContext } from 'koa';
import { Problem } from './problem';

/**
 * Middleware of `router` that finds routes without parameters by their method and path. The router itself tries the pattern
 * of every route, and composes anew what it has found: 4 of the 32 µs of `GET /` on Node 24, 8 of 40 on Node 20.
 */
export function dispatch(router: Router): Middleware {
  const exact = new Map(
    router.stack
      .filter(({ paramNames, stack }) => paramNames.length === 0 && stack.length === 1)
      .flatMap((layer) => layer.methods.map((method) => [`${method} ${String(layer.path)}`, layer] as const)),
  );
  const others = router.routes() as Middleware;
  return (context, next) => {
    const layer = exact.get(`${context.method} ${context.path}`);
    if (layer === undefined) return others(context, next);
    context._matchedRoute = layer.path;
    return (layer.stack[0] as Middleware)(context, next);
  };
}

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
