import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'protobufjs';

/** What is read here of opentelemetry/proto/collector/trace/v1 and trace/v1 (opentelemetry-proto 1.x). */
const { root } = parse(`syntax = "proto3";
message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { repeated Span spans = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; SpanKind kind = 6;
  repeated KeyValue attributes = 9; repeated Event events = 11; Status status = 15;
  enum SpanKind { UNSPECIFIED = 0; INTERNAL = 1; SERVER = 2; CLIENT = 3; }
}
message Event { string name = 2; repeated KeyValue attributes = 3; }
message Status { string message = 2; Code code = 3; enum Code { UNSET = 0; OK = 1; ERROR = 2; } }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
`);
const Request = root.lookupType('ExportTraceServiceRequest');

type Attributes = Readonly<Record<string, unknown>>;

export interface ReceivedSpan {
  readonly name: string;
  readonly kind: string;
  readonly traceId: string;
  readonly spanId: string;
  /** '' for one without a parent. */
  readonly parentSpanId: string;
  readonly status: string;
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly attributes: Attributes }[];
  readonly resource: Attributes;
}

/** A receiver of OTLP over HTTP, as a collector is one. */
export interface OtlpReceiver extends AsyncDisposable {
  readonly endpoint: string;
  readonly spans: readonly ReceivedSpan[];
}

/** Starts a receiver on `port`, 0 for any. */
export async function receiveOtlp(port = 0): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const isOtlp = request.url === '/v1/traces' && request.headers['content-type'] === 'application/x-protobuf';
    if (isOtlp) spans.push(...decode(Buffer.concat(chunks)));
    response.writeHead(isOtlp ? 200 : 415, { 'Content-Type': 'application/x-protobuf' }).end();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Encoded {
  readonly attributes: readonly { readonly key: string; readonly value: Attributes }[];
}
interface EncodedRequest {
  readonly resourceSpans: readonly {
    readonly resource: Encoded;
    readonly scopeSpans: readonly {
      readonly spans: readonly (Encoded & {
        readonly name: string;
        readonly kind: string;
        readonly traceId: Buffer;
        readonly spanId: Buffer;
        readonly parentSpanId: Buffer;
        readonly status: { readonly code: string };
        readonly events: readonly (Encoded & { readonly name: string })[];
      })[];
    }[];
  }[];
}

function decode(bytes: Buffer): ReceivedSpan[] {
  const options = { defaults: true, arrays: true, enums: String, longs: Number };
  const { resourceSpans } = Request.toObject(Request.decode(bytes), options) as EncodedRequest;
  const attributesOf = ({ attributes }: Encoded): Attributes =>
    Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        name: span.name,
        kind: span.kind,
        traceId: span.traceId.toString('hex'),
        spanId: span.spanId.toString('hex'),
        parentSpanId: span.parentSpanId.toString('hex'),
        status: span.status?.code ?? 'UNSET',
        attributes: attributesOf(span),
        events: span.events.map((event) => ({ name: event.name, attributes: attributesOf(event) })),
        resource: attributesOf(resource),
      })),
    ),
  );
}
