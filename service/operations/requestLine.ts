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
