import { Agent, request as httpRequest } from 'node:http';
import type { Failure, Plan } from './plan';

/** What a client is to ask for. */
export interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** JSON. */
  readonly body?: string;
}

export type Outcome =
  | { readonly ok: true; readonly ms: number; readonly body: string }
  | { readonly ok: false; readonly failure: Failure };

/** A client with one connection that it keeps alive, and renews now and then. It retries nothing. */
export class Client {
  #agent = keepAlive();
  #used: number;

  /** @param age requests that its first connection counts as used: clients must not all renew at once. */
  constructor(
    private readonly plan: Pick<Plan, 'url' | 'renewAfter' | 'timeoutMs'>,
    age = 0,
  ) {
    this.#used = age;
  }

  async ask(request: Request): Promise<Outcome> {
    if (this.#used >= this.plan.renewAfter) this.close();
    this.#used += 1;
    return exchange(this.plan, this.#agent, request);
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

function exchange(
  { url, timeoutMs }: Pick<Plan, 'url' | 'timeoutMs'>,
  agent: Agent,
  { method, path, body }: Request,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const sentAt = Date.now();
    const start = performance.now();
    const headers =
      body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const request = httpRequest(url + path, { method, agent, headers });
    const timer = setTimeout(
      () => request.destroy(Object.assign(new Error('timed out'), { code: 'timeout' })),
      timeoutMs,
    );
    const fail = (kind: string, retryAfter = false): void => {
      clearTimeout(timer);
      resolve({
        ok: false,
        failure: {
          sentAt,
          failedAt: Date.now(),
          kind,
          request: `${method} ${path}`,
          reused: request.reusedSocket,
          retryAfter,
        },
      });
    };
    const failWith = (error: NodeJS.ErrnoException): void => fail(error.code ?? error.message);

    request.on('error', failWith);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', failWith); // cut off in the middle
      response.on('end', () => {
        const { statusCode = 0 } = response;
        if (statusCode < 200 || statusCode > 299)
          return fail(String(statusCode), response.headers['retry-after'] !== undefined);
        clearTimeout(timer);
        return resolve({ ok: true, ms: performance.now() - start, body: Buffer.concat(chunks).toString() });
      });
    });
    request.end(body);
  });
}
