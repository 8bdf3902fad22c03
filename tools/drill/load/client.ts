import { Agent, request as httpRequest } from 'node:http';
import type { Failure, Plan } from './plan';

export interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string | Buffer;
  /** Media type of the body. Default: JSON. */
  readonly type?: string;
}

export type Outcome =
  | { readonly ok: true; readonly ms: number; readonly body: string }
  | { readonly ok: false; readonly failure: Failure };

/** A client with one connection, which it keeps alive and renews now and then. It retries nothing. */
export class Client {
  #agent = keepAlive();
  #used: number;

  /** @param used requests that its first connection has carried: clients must not all renew at once */
  constructor(
    private readonly plan: Pick<Plan, 'url' | 'renewAfter' | 'timeoutMs'>,
    used = 0,
  ) {
    this.#used = used;
  }

  /** Sends one request. Resolves when the whole response has arrived, or the request has failed. */
  send({ method, path, body, type = 'application/json' }: Request): Promise<Outcome> {
    if (this.#used >= this.plan.renewAfter) this.close();
    this.#used += 1;
    return new Promise((resolve) => {
      const sentAt = Date.now();
      const start = performance.now();
      const headers = body === undefined ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) };
      const request = httpRequest(this.plan.url + path, { method, agent: this.#agent, headers });
      const onTimeout = (): unknown => request.destroy(Object.assign(new Error('timed out'), { code: 'timeout' }));
      const timer = setTimeout(onTimeout, this.plan.timeoutMs);
      const fail = (kind: string, retryAfter = false): void => {
        clearTimeout(timer);
        const reused = request.reusedSocket;
        const failure = { sentAt, failedAt: Date.now(), kind, request: `${method} ${path}`, reused, retryAfter };
        resolve({ ok: false, failure });
      };
      const onError = (error: NodeJS.ErrnoException): void => fail(error.code ?? error.message);
      request.on('error', onError);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', onError); // cut off in the middle
        response.on('end', () => {
          const { statusCode = 0 } = response;
          const ok = statusCode >= 200 && statusCode <= 299;
          if (!ok) return fail(String(statusCode), response.headers['retry-after'] !== undefined);
          clearTimeout(timer);
          return resolve({ ok, ms: performance.now() - start, body: Buffer.concat(chunks).toString() });
        });
      });
      request.end(body);
    });
  }

  /** Closes the connection, which is idle between two requests. */
  close(): void {
    this.#agent.destroy();
    this.#agent = keepAlive();
    this.#used = 0;
  }
}

function keepAlive(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 1 });
}
