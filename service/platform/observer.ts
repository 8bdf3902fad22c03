import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Context, Next } from 'koa';
import type { Logger } from 'pino';
import { toProblem } from './answerProblem';
import type { Metrics } from './metrics';
import type { Problem } from './problem';
import { ClientGone } from './readBody';

/** Paths that the kubelet asks every other second: their log would be all that is seen. */
const quiet = '/health';

/** The status of a client that went away before its reply, as nginx has it. It is never sent. */
const clientClosedRequest = 499;

/** Errors of a stream whose other end is gone. */
const goneCodes = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'];

/** Watches the requests of an app: a log line, and a measurement, for each. */
export class Observer {
  readonly #logger: Logger;
  readonly #metrics: Metrics;

  constructor(logger: Logger, metrics: Metrics) {
    this.#logger = logger;
    this.#metrics = metrics;
  }

  /** Koa middleware, the first one. A handler that has answered before its reply is over calls `context.state.finish`. */
  readonly observe = (context: Context, next: Next): Promise<void> => {
    const { req, res } = context;
    const start = performance.now();
    const trace = traceOf(req.headers);
    context.set('X-Request-Id', trace.requestId);
    if (trace.traceparent !== undefined) context.set('traceparent', trace.traceparent);

    let answered = false;
    const finish = (unfinished: boolean): void => {
      if (answered) return;
      answered = true;
      this.#finish(context, trace, performance.now() - start, unfinished);
    };
    context.state.finish = () => finish(false);
    res.on('close', () => finish(!res.writableFinished));
    return next();
  };

  /** The server refused what is no request. */
  readonly refused = ({ status, kind }: Problem): void => {
    this.#metrics.observe('none', 'none', status, 0);
    this.#logger.info({ status, problem: kind }, 'request refused');
  };

  #finish(context: Context, { requestId, traceId }: Trace, milliseconds: number, unfinished: boolean): void {
    const { res } = context;
    const error: unknown = context.state.error;
    const problem = error === undefined ? undefined : toProblem(error);
    const aborted = unfinished && (problem === undefined || isGone(error));
    const status = aborted ? clientClosedRequest : (problem?.status ?? res.statusCode);

    const route = typeof context._matchedRoute === 'string' ? context._matchedRoute : 'none';
    this.#metrics.observe(context.method, route, status, milliseconds / 1000);
    const fields = {
      requestId,
      traceId,
      method: context.method,
      path: context.path, // without the query: it may hold data
      status,
      ms: Math.round(milliseconds * 100) / 100,
      ...(aborted && { aborted }),
      ...(unfinished && !aborted && { cut: true }),
      ...(problem !== undefined && !aborted && { problem: problem.kind }),
    };
    if (status >= 500)
      this.#logger[status === 503 ? 'warn' : 'error']({ ...fields, err: problem?.cause }, 'request failed');
    else if (fields.path.startsWith(quiet)) this.#logger.debug(fields, 'probe');
    else this.#logger.info(fields, 'request');
  }
}

function isGone(error: unknown): boolean {
  return (
    error instanceof ClientGone || (error instanceof Error && 'code' in error && goneCodes.includes(String(error.code)))
  );
}

/** How a request is known in logs, here and elsewhere. */
interface Trace {
  /** The client's own X-Request-Id if it is a sane one, otherwise a new one. */
  readonly requestId: string;
  readonly traceId?: string;
  /** W3C trace context to pass on: the caller's trace, with this service as the parent. */
  readonly traceparent?: string;
}

const saneId = /^[\w.:-]{1,128}$/;
/** Version 00 of https://www.w3.org/TR/trace-context/, without the all-zero ids that it forbids. */
const parent = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;

function traceOf(headers: IncomingHttpHeaders): Trace {
  const given = headers['x-request-id'];
  const requestId = typeof given === 'string' && saneId.test(given) ? given : randomUUID();
  const { traceparent } = headers;
  const match = typeof traceparent === 'string' ? parent.exec(traceparent) : null;
  if (match === null) return { requestId };
  const traceId = match[1] as string;
  return { requestId, traceId, traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-${match[2]}` };
}
