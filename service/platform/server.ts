import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Limits } from './configuration';
import { Problem } from './problem';
import { malformed } from './readBody';

/**
 * An HTTP server with time limits for slow clients. Malformed requests, which `listener` never gets, are answered by a problem and passed
 * to `refused`.
 */
export function createBoundedServer(limits: Limits, listener: RequestListener, refused?: (problem: Problem) => void) {
  const server = createServer({
    headersTimeout: limits.headersMs,
    requestTimeout: 0, // an upload may take as long as it likes; `readBody` bounds JSON, and the idle timeout the rest
    connectionsCheckingInterval: Math.min(1000, limits.headersMs),
    // Longer than usual clients keep a connection, so that they close it, and get no reset.
    keepAliveTimeout: 75_000,
    requireHostHeader: false, // the app refuses it, with a problem
    joinDuplicateHeaders: true, // otherwise the second `Host` or `Authorization` is dropped
  });
  server.timeout = limits.idleMs;
  server.maxConnections = limits.connections;

  /** The last response on each connection, in the order of their requests. */
  const responses = new Map<Socket, ServerResponse>();
  server.on('connection', (socket: Socket) => socket.once('close', () => responses.delete(socket)));
  // Node counts those as idle, too, that still send a response.
  server.closeIdleConnections = () => {
    for (const [socket, { closed }] of responses) if (closed) socket.destroy();
  };
  // An idle connection makes room, so that one client with many of them can't keep out probes.
  server.on('drop', () => {
    for (const [socket, { closed }] of responses) {
      if (!closed) continue;
      socket.destroy();
      break;
    }
  });

  const handle: RequestListener = (request, response) => {
    const { socket } = request;
    responses.delete(socket); // so that it comes last
    responses.set(socket, response);
    request.url = toPath(request.url);
    if (request.httpVersionMinor === 0) {
      // In HTTP/1.0, a clean close is the end of a response, so an incomplete one must be reset.
      response.destroy = () => {
        socket.resetAndDestroy();
        return response;
      };
    }
    listener(request, response);
  };
  const refuse = (socket: Socket, problem: Problem): void => {
    if (!socket.writable) return;
    const body = JSON.stringify(problem);
    const head = `HTTP/1.1 ${problem.status} ${problem.title}\r\nContent-Type: application/problem+json\r\n`;
    socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
    refused?.(problem);
  };

  // The handler that reads the body sends 100 Continue. The app refuses other expectations.
  server.on('request', handle).on('checkContinue', handle).on('checkExpectation', handle);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const problem = toRefusal(error);
    const response = responses.get(socket);
    if (!socket.writable) socket.destroy();
    else if (response?.closed === false && response.req.complete) {
      // It is the next request that is malformed.
      socket.pause();
      response.once('close', () => (problem === undefined ? socket.destroy() : refuse(socket, problem)));
    } else if (problem === undefined) socket.destroy();
    else if (response?.closed !== false) refuse(socket, problem);
    else if (response.req.emit(malformed, problem)) socket.pause();
    else socket.destroy();
  });
  return server;
}

/** The path and query of a request's target, which may be a whole URL (RFC 9112, 3.2.2). A malformed one becomes a path without a route. */
function toPath(target = ''): string {
  if (/^[/*]/.test(target)) return target;
  try {
    const { pathname, search } = new URL(target);
    if (pathname.startsWith('/')) return pathname + search;
  } catch {} // not a URL
  return `/${target}`;
}

/** The problem for an error of Node's parser; undefined if the connection has ended. */
function toRefusal({ code = '', message }: NodeJS.ErrnoException): Problem | undefined {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new Problem(408, 'slow-headers', { detail: 'The headers did not come in time. Send the request again.' });
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new Problem(431, 'headers-too-large', {
      detail: 'The headers are larger than 16 KiB. Send smaller headers.',
    });
  }
  if (code === 'HPE_INVALID_EOF_STATE' || !code.startsWith('HPE_')) return undefined;
  return new Problem(400, 'bad-request', { detail: `The request is not HTTP (${message}). Send one that is.` });
}

/**
 * Listens on `port` (0 for any) of `host`. Default: all addresses. Resolves to the port. Rejects with the name of `variable`, which sets the
 * port, if it is in use.
 */
export async function listen(server: Server, port: number, variable: string, host?: string): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new Error(`Port ${port} is in use by another process. Stop it, or set ${variable} to a free port.`, {
      cause: error,
    });
  });
  return (server.address() as AddressInfo).port;
}

/** Stops accepting connections. Resolves when the last request has ended, or was cut off after `seconds`. */
export async function close(server: Server, seconds: number): Promise<void> {
  const closed = once(server, 'close');
  const timer = setTimeout(() => server.closeAllConnections(), seconds * 1000);
  server.close();
  // Node closes only connections that are idle now, not those that become idle later.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  await closed;
  clearInterval(sweep);
  clearTimeout(timer);
}
