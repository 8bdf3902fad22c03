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
  readonly path: string;
  /** Of a POST. Without one, it is a GET. */
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
  /** Status of the response, followed by ` with Retry-After` if it has that header; Node's error code such as ECONNRESET; or `timeout`. */
  readonly kind: string;
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

  /** Sends one request. Resolves to the body when the whole response has arrived, or to the failure. */
  async send({ path, body, type = 'application/json', leaveAfterMs }: Request): Promise<string | Failure> {
    if (this.#used >= this.options.renewAfter) this.close();
    this.#used += 1;
    const sentAt = Date.now();
    const headers = body === undefined ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) };
    const method = body === undefined ? 'GET' : 'POST';
    const request = httpRequest(this.options.url + path, { method, agent: this.#agent, headers });
    request.on('error', () => undefined); // the response, once it has begun, fails too
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      request.destroy();
    }, this.options.timeoutMs);
    const failure = (kind: string): Failure => ({ sentAt, failedAt: Date.now(), kind });
    try {
      request.end(body);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      const content = leaveAfterMs === undefined ? await text(response) : await sleep(leaveAfterMs, '');
      const { statusCode = 0 } = response;
      if (statusCode >= 200 && statusCode <= 299) return content;
      return failure('retry-after' in response.headers ? `${statusCode} with Retry-After` : String(statusCode));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return failure(late ? 'timeout' : (code ?? message));
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
  return outcomes.filter((outcome) => typeof outcome !== 'string');
}

/** Whether it is a 503 with Retry-After. */
export function isRetryable({ kind }: Failure): boolean {
  return kind === '503 with Retry-After';
}

function keepAlive(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 1 });
}
