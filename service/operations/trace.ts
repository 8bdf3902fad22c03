import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

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
