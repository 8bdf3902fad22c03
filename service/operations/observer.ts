import type { Context } from 'koa';
import { type DestinationStream, type Logger, symbols } from 'pino';
import { toProblem } from '../http/toProblem';
import type { Metrics } from './metrics';
import { type RequestFields, requestLine } from './requestLine';
import { traceOf } from './trace';

/** Paths that the kubelet asks every other second: their log would be all that is seen. */
const quiet = '/health';

/** What tells a client how its request is known here: names and values in turn, as `writeHead` takes them. */
export type TraceHeaders = readonly string[];

/** Watches the requests of an app: a log line, and a measurement, for each. */
export class Observer {
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  /** Where the logger writes; undefined if it drops requests' lines. */
  readonly #output: DestinationStream | undefined;

  constructor(logger: Logger, metrics: Metrics) {
    this.#logger = logger;
    const { [symbols.streamSym]: output } = logger as unknown as { readonly [symbols.streamSym]: DestinationStream };
    this.#output = logger.isLevelEnabled('info') ? output : undefined;
    this.#metrics = metrics;
  }

  /** A request begins; its handlers have not run yet. Returns the headers that its reply must have. */
  begin(context: Context): TraceHeaders {
    const { req, res } = context;
    const start = performance.now();
    const trace = traceOf(req.headers);

    // Emitted once, so `on` does; `once` would wrap it.
    res.on('close', () => {
      const milliseconds = performance.now() - start;
      const method = req.method ?? '';
      const status = res.statusCode;
      const route = typeof context._matchedRoute === 'string' ? context._matchedRoute : 'none';
      this.#metrics.requests.observe(method, route, status, milliseconds / 1000);
      this.#log(context, {
        requestId: trace.requestId,
        traceId: trace.traceId,
        method,
        path: context.path, // without the query: it may hold data
        status,
        ms: Math.round(milliseconds * 100) / 100,
        aborted: res.writableFinished ? undefined : true,
      });
    });
    const headers = ['X-Request-Id', trace.requestId];
    if (trace.traceparent !== undefined) headers.push('traceparent', trace.traceparent);
    return headers;
  }

  /** A handler failed with `error`, of which the client is told only a part. */
  fail(context: Context, error: unknown): void {
    context.state.error = error;
  }

  #log(context: Context, fields: RequestFields): void {
    const error: unknown = context.state.error;
    if (error !== undefined && toProblem(error).status >= 500) {
      this.#logger[fields.status === 503 ? 'warn' : 'error']({ ...fields, err: error }, 'request failed');
    } else if (fields.path.startsWith(quiet)) {
      this.#logger.debug(fields, 'probe');
    } else {
      this.#output?.write(requestLine(fields));
    }
  }
}
