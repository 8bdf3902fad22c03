import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ClientOptions {
  readonly url: string;
  /** Requests per connection. */
  readonly renewAfter: number;
  /** Time-out of a request in milliseconds. */
  readonly timeoutMs: number;
}

export interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string | Buffer;
  /** Media type of the body. Default: JSON. */
  readonly type?: string;
  /** Milliseconds after which the client disconnects without having read the response's body. */
  readonly leaveAfterMs?: number;
}

/** A request without a response, or with an error status. */
export interface Failure {
  /** Milliseconds since 1970. */
  readonly sentAt: number;
  readonly failedAt: number;
  /** Status of the response, Node's error code such as ECONNRESET, or `timeout`. */
  readonly kind: string;
  /** Whether it was not the first request on its connection. */
  readonly reused: boolean;
  /** Whether the response had a Retry-After header. */
  readonly retryAfter: boolean;
}

/** A client with one keep-alive connection, which it renews after `renewAfter` requests. It never retries. */
export class Client {
  #agent = keepAlive();
  #used: number;

  /** @param used counts as requests of the first connection, so that clients don't all renew at once */
  constructor(
    private readonly options: ClientOptions,
    used = 0,
  ) {
    this.#used = used;
  }

  /** Sends one request. Resolves when the whole response has arrived, or the request has failed. */
  async send({ method, path, body, type = 'application/json', leaveAfterMs }: Request) {
    if (this.#used >= this.options.renewAfter) this.close();
    this.#used += 1;
    const sentAt = Date.now();
    const headers = body === undefined ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) };
    const request = httpRequest(this.options.url + path, { method, agent: this.#agent, headers });
    request.on('error', () => undefined); // the response, once it has begun, fails too
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      request.destroy();
    }, this.options.timeoutMs);
    const fail = (kind: string, retryAfter = false) => {
      const failure: Failure = { sentAt, failedAt: Date.now(), kind, reused: request.reusedSocket, retryAfter };
      return { ok: false as const, failure };
    };
    try {
      request.end(body);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      const content = leaveAfterMs === undefined ? await text(response) : await sleep(leaveAfterMs, '');
      const { statusCode = 0 } = response;
      if (statusCode < 200 || statusCode > 299) return fail(String(statusCode), 'retry-after' in response.headers);
      return { ok: true as const, body: content };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return fail(late ? 'timeout' : (code ?? message));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes the connection, which is idle between two requests. */
  close(): void {
    this.#agent.destroy();
    this.#agent = keepAlive();
    this.#used = 0;
  }
}

/** Sends `count` requests at once, each on its own connection, with a time-out of three minutes. Returns the failures. */
export async function sendAtOnce(url: string, count: number, request: Request): Promise<Failure[]> {
  const clients = Array.from({ length: count }, () => new Client({ url, renewAfter: 1, timeoutMs: 180_000 }));
  const outcomes = await Promise.all(clients.map((client) => client.send(request)));
  for (const client of clients) client.close();
  return outcomes.flatMap((outcome) => (outcome.ok ? [] : outcome.failure));
}

/** The failures that are not 503 with Retry-After. */
export function notRetryable(failures: readonly Failure[]): Failure[] {
  return failures.filter(({ kind, retryAfter }) => kind !== '503' || !retryAfter);
}

function keepAlive(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 1 });
}
