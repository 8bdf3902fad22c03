import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Limits } from './configuration';

/** An HTTP server that no slow client can hold for long. */
export function createBoundedServer(limits: Limits, listener: RequestListener): Server {
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: 0, // NDJSON may take as long as it likes; `readBody` bounds JSON, and the idle timeout the rest
      connectionsCheckingInterval: Math.min(1000, limits.headersMs),
      // Longer than clients usually keep a connection: then it is they who close it, and none meets a reset.
      keepAliveTimeout: 75_000,
    },
    listener,
  );
  server.timeout = limits.idleMs;
  return server;
}

/**
 * Listens on `port`, 0 for any, of `host`, by default of all addresses. Resolves to the port; rejects, telling `variable`
 * that sets it, if it can't be had.
 */
export async function listen(server: Server, port: number, variable: string, host?: string): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new Error(`Port ${port} is taken by another process. End that, or set ${variable} to a free port.`, {
      cause: error,
    });
  });
  return (server.address() as AddressInfo).port;
}

/** Takes no more connections, and resolves when the last request is answered, or cut off after `seconds`. */
export async function close(server: Server, seconds: number): Promise<void> {
  const closed = once(server, 'close');
  const timer = setTimeout(() => server.closeAllConnections(), seconds * 1000);
  server.close();
  // Node closes the connections that are idle now, and leaves open those that become so after their last reply.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  await closed;
  clearInterval(sweep);
  clearTimeout(timer);
}
