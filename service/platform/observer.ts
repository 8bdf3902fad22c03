import { randomBytes } from 'node:crypto';
import type { RouterContext } from '@koa/router';
import type { SpanContext } from '@opentelemetry/api';
import type { Context, Next } from 'koa';
import type { Logger } from 'pino';
import type { Metrics } from './metrics';
import { type Problem, toProblem } from './problem';
import { ClientGone } from './readBody';
import { startRequestSpan } from './tracing';

/** Paths of probes, which would fill the log. */
const probePath = /^\/health(\/|$)/;

/** Status of a request whose client has disconnected before the response, as in nginx. It is never sent. */
const clientClosedRequest = 499;

/** Errors of a stream after the other side has disconnected. */
const goneCodes = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'];

/** Watches the requests of an app: a log line, a measurement, and if they are traced a span, for each. */
export class Observer {
  /** For ids of requests. A UUID for each takes 3 % of a `GET /`. */
  readonly #prefix = randomBytes(6).toString('hex');
  #count = 0;

  constructor(
    private readonly logger: Logger,
    private readonly metrics: Metrics,
    private readonly options: { readonly traced?: boolean } = {},
  ) {}

  /** The first Koa middleware. `context.state.finish` counts the request as finished before the response ends. */
  readonly observe = (context: Context, next: Next): Promise<void> => {
    const { method, path, req, res } = context;
    const start = performance.now();
    const isProbe = probePath.test(path);
    const span = this.options.traced && !isProbe ? startRequestSpan(context) : undefined;
    const ids = span?.ids ?? passOn(req.headers.traceparent);
    // The request's id in all logs: the client's own, if valid.
    const given = req.headers['x-request-id'];
    const requestId = typeof given === 'string' && saneId.test(given) ? given : `${this.#prefix}-${++this.#count}`;
    res.setHeader('X-Request-Id', requestId);
    if (ids)
      res.setHeader('traceparent', `00-${ids.traceId}-${ids.spanId}-${ids.traceFlags.toString(16).padStart(2, '0')}`);

    let finished = false;
    const finish = (unfinished: boolean): void => {
      if (finished) return;
      finished = true;
      const milliseconds = performance.now() - start;
      const error: unknown = context.state.error;
      const problem = error === undefined ? undefined : toProblem(error);
      const aborted = unfinished && (problem === undefined || isGone(error));
      const status = aborted ? clientClosedRequest : (problem?.status ?? res.statusCode);
      // Not `_matchedRoute`: in a middleware of the router, such as `authenticate`, it is that of the middleware.
      const { matched } = context as RouterContext; // undefined before the router
      const route = matched?.find(({ methods }) => methods.includes(method))?.path.toString();
      this.metrics.observe(method, route ?? 'none', status, milliseconds / 1000);
      span?.end(route, status, problem);
      const fields = {
        requestId,
        trace_id: ids?.traceId,
        span_id: ids?.spanId,
        method,
        path, // without the query: it may hold data
        status,
        ms: Math.round(milliseconds * 100) / 100,
        aborted: aborted || undefined,
        cut: (unfinished && !aborted) || undefined,
        problem: aborted ? undefined : problem?.kind,
      }; // pino leaves out what is undefined
      // The 503 of a health endpoint is no failure: its cause is logged once, where it occurs.
      if (status >= 500 && !(isProbe && problem === undefined))
        this.logger[status === 503 ? 'warn' : 'error']({ ...fields, err: problem?.cause }, 'request failed');
      else if (isProbe) this.logger.debug(fields, 'probe');
      else this.logger.info(fields, 'request');
    };
    context.state.finish = () => finish(false);
    res.on('close', () => finish(!res.writableFinished));
    return span === undefined ? next() : span.run(next);
  };

  /** The server refused a malformed request. */
  readonly refused = ({ status, kind }: Problem): void => {
    this.metrics.observe('none', 'none', status, 0);
    this.logger.info({ status, problem: kind }, 'request refused');
  };
}

function isGone(error: unknown): boolean {
  return error instanceof ClientGone || goneCodes.includes(String((error as NodeJS.ErrnoException | undefined)?.code));
}

const saneId = /^[\w.:-]{1,128}$/;
/** Version 00 of https://www.w3.org/TR/trace-context/, without the all-zero ids that it forbids. */
const parent = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;

/** The caller's trace, with a new span id that is not recorded. */
function passOn(traceparent: string | readonly string[] | undefined): SpanContext | undefined {
  const [, traceId, flags = ''] = (typeof traceparent === 'string' && parent.exec(traceparent)) || [];
  if (traceId === undefined) return undefined;
  return { traceId, spanId: randomBytes(8).toString('hex'), traceFlags: Number.parseInt(flags, 16) };
}
