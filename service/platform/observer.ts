import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Context } from 'koa';
import { type DestinationStream, type Logger, symbols } from 'pino';
import { toProblem } from './answerProblem';
import type { Metrics } from './metrics';

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

/** What is logged of a request. */
export interface RequestFields {
  /** Letters, digits and `_.:-`. */
  readonly requestId: string;
  /** Hexadecimal digits. */
  readonly traceId: string | undefined;
  readonly method: string;
  /** Without the query: it may hold data. */
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  /** True if the client went away before the end of the reply. */
  readonly aborted: true | undefined;
}

/** `logger.info(fields, 'request')` as the line that pino makes of it. For any object, pino takes more time than the whole answer of `GET /`. */
export function requestLine({ requestId, traceId, method, path, status, ms, aborted }: RequestFields): string {
  const trace = traceId === undefined ? '' : `,"traceId":"${traceId}"`;
  const end = aborted === undefined ? '' : ',"aborted":true';
  return (
    `{"level":30,"time":${Date.now()},"requestId":"${requestId}"${trace},"method":"${method}","path":${JSON.stringify(path)},` +
    `"status":${status},"ms":${ms}${end},"msg":"request"}\n`
  );
}

/** How a request is known in logs, here and elsewhere. */
export interface Trace {
  /** The client's own X-Request-Id if it is a sane one, otherwise a new one. */
  readonly requestId: string;
  readonly traceId?: string;
  /** W3C trace context to pass on: the caller's trace, with this service as the parent. */
  readonly traceparent?: string;
}

const saneId = /^[\w.:-]{1,128}$/;
/** Version 00 of https://www.w3.org/TR/trace-context/, without the all-zero ids that it forbids. */
const parent = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;

export function traceOf(headers: IncomingHttpHeaders): Trace {
  const given = headers['x-request-id'];
  const requestId = typeof given === 'string' && saneId.test(given) ? given : randomUUID();
  const { traceparent } = headers;
  const match = typeof traceparent === 'string' ? parent.exec(traceparent) : null;
  if (match === null) return { requestId };
  const traceId = match[1] as string;
  return { requestId, traceId, traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-${match[2]}` };
}
