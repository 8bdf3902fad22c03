import {
  context as active,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Context as TraceContext,
  trace,
} from '@opentelemetry/api';
import type { Context } from 'koa';
import type { MongoClient } from 'mongodb';
import type { Problem } from './problem';

// Only OpenTelemetry's API: without an exporter (exporter.ts), its calls do nothing, and nothing else is loaded.

/** Key of the requests that share a command. */
const sharing = createContextKey('requests that share a command');

const tracer = () => trace.getTracer('platform');

/** Starts the span of a request (semantic conventions for HTTP). The request's `traceparent` is its parent. */
export function startRequestSpan({ req, method, path, protocol, hostname, ip }: Context) {
  const parent = propagation.extract(ROOT_CONTEXT, req.headers);
  const attributes = {
    'http.request.method': method,
    'url.scheme': protocol,
    'url.path': copy(path), // without the query: it may hold data
    'server.address': copy(hostname),
    'client.address': ip,
    'network.protocol.version': req.httpVersion,
    'user_agent.original': copy(req.headers['user-agent'] ?? ''),
  };
  const span = tracer().startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
  return {
    ids: span.spanContext(),
    /** Runs `handler`, whose commands to the database become children of this span. */
    run: <T>(handler: () => T): T => active.with(trace.setSpan(parent, span), handler),
    /** `route` is its pattern, such as `/things/:id`. */
    end(route: string | undefined, status: number, problem: Problem | undefined): void {
      if (route !== undefined) span.updateName(`${method} ${route}`).setAttribute('http.route', route);
      span.setAttribute('http.response.status_code', status);
      if (status >= 500) {
        span.setAttribute('error.type', problem?.kind ?? String(status)).setStatus({ code: SpanStatusCode.ERROR });
        if (problem?.cause instanceof Error) span.recordException(problem.cause);
      }
      span.end();
    },
  };
}

/** The current context, for `onBehalfOf`. */
export const currentRequest = (): TraceContext => active.active();

/** Runs `send`, whose command is for all `requests`: each of their spans gets a child span. */
export function onBehalfOf<T>(requests: readonly TraceContext[], send: () => T): T {
  return active.with(ROOT_CONTEXT.setValue(sharing, requests), send);
}

/** Ids of the current span for log lines; none outside of a request. */
export function activeIds(): object {
  const ids = trace.getActiveSpan()?.spanContext();
  return ids === undefined ? {} : { trace_id: ids.traceId, span_id: ids.spanId };
}

/**
 * Creates a span for each command that `client` sends for a request (semantic conventions for databases), without values. The client must
 * monitor commands.
 */
export function traceCommands(client: MongoClient): void {
  const spans = new Map<number, readonly Span[]>();
  client.on('commandStarted', ({ requestId, commandName, command, databaseName, address }) => {
    const current = active.active();
    const requests = (current.getValue(sharing) as readonly TraceContext[] | undefined) ?? [current];
    const traced = requests.filter((request) => trace.getSpan(request) !== undefined);
    if (traced.length === 0) return;
    const target: unknown = commandName === 'getMore' ? command.collection : command[commandName];
    const collection = typeof target === 'string' ? target : undefined;
    const [, host = address, port] = /^(.*):(\d+)$/.exec(address) ?? [];
    const attributes = {
      'db.system.name': 'mongodb',
      'db.namespace': databaseName,
      'db.operation.name': commandName,
      ...(collection !== undefined && { 'db.collection.name': collection }),
      'server.address': host,
      ...(port !== undefined && { 'server.port': Number(port) }),
    };
    const name = collection === undefined ? commandName : `${commandName} ${collection}`;
    const start = (request: TraceContext) => tracer().startSpan(name, { kind: SpanKind.CLIENT, attributes }, request);
    spans.set(requestId, traced.map(start));
  });
  const end = (requestId: number, failure?: Error & { readonly code?: unknown }): void => {
    for (const span of spans.get(requestId) ?? []) {
      if (failure)
        span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', String(failure.code ?? failure.name));
      span.end();
    }
    spans.delete(requestId);
  };
  client.on('commandSucceeded', ({ requestId }) => end(requestId));
  client.on('commandFailed', ({ requestId, failure }) => end(requestId, failure));
}

/** The start of a client's text. A copy: a slice would keep all headers of the request in memory. */
function copy(text: string): string {
  return Buffer.from(text.slice(0, 256)).toString();
}
