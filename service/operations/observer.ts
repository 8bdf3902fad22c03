import type { Context } from 'koa';
import type { Logger } from 'pino';
import { toProblem } from '../http/toProblem';
import type { Metrics } from './metrics';
import { traceOf } from './trace';

/** Paths that the kubelet asks every other second: their log would be all that is seen. */
const quiet = /^\/health/;

/** Watches the requests of an app: a log line, and a measurement, for each. */
export class Observer {
  readonly #logger: Logger;
  readonly #metrics: Metrics;

  constructor(logger: Logger, metrics: Metrics) {
    this.#logger = logger;
    this.#metrics = metrics;
  }

  /** A request begins; its handlers have not run yet. */
  begin(context: Context): void {
    const { req, res } = context;
    const start = performance.now();
    const trace = traceOf(req.headers);
    res.setHeader('X-Request-Id', trace.requestId);
    if (trace.traceparent !== undefined) res.setHeader('traceparent', trace.traceparent);

    res.once('close', () => {
      const milliseconds = performance.now() - start;
      const route = typeof context['_matchedRoute'] === 'string' ? context['_matchedRoute'] : 'none';
      this.#metrics.request(req.method ?? '', route, res.statusCode, milliseconds / 1000);
      this.#log(context, {
        requestId: trace.requestId,
        traceId: trace.traceId,
        method: req.method,
        path: context.path, // without the query: it may hold data
        status: res.statusCode,
        ms: Math.round(milliseconds * 100) / 100,
        aborted: res.writableFinished ? undefined : true,
      });
    });
  }

  /** A handler failed with `error`, of which the client is told only a part. */
  fail(context: Context, error: unknown): void {
    context.state['error'] = error;
  }

  #log(context: Context, fields: { readonly [name: string]: unknown; readonly path: string; readonly status: number }): void {
    const error: unknown = context.state['error'];
    if (error !== undefined && toProblem(error).status >= 500) {
      this.#logger[fields.status === 503 ? 'warn' : 'error']({ ...fields, err: error }, 'request failed');
    } else if (quiet.test(fields.path)) {
      this.#logger.debug(fields, 'probe');
    } else {
      this.#logger.info(fields, 'request');
    }
  }
}
