import { once } from 'node:events';
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { KubeConfig } from '@kubernetes/client-node';

/** Milliseconds that the Kubernetes API has for an answer. */
const timeoutMs = 3000;

/**
 * Reads paths of the Kubernetes API on connections that are kept. The client library makes one for each request, whose TLS handshake costs
 * the cluster more than what is read.
 */
export class ApiReader {
  #agent: HttpAgent | undefined;

  /** @param answered is told after each request whether the API has answered at all */
  constructor(
    private readonly config: KubeConfig,
    private readonly answered: (yes: boolean) => void,
  ) {}

  /** @throws an Error unless the answer is 200 */
  async get(path: string): Promise<string> {
    const response = await this.#request(path).catch((error: unknown) => {
      this.answered(false);
      throw error;
    });
    this.answered(true);
    const body = await text(response);
    if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode} ${body.slice(0, 200)}`);
    return body;
  }

  async getJson<T>(path: string): Promise<T> {
    return JSON.parse(await this.get(path)) as T;
  }

  close(): void {
    this.#agent?.destroy();
  }

  async #request(path: string): Promise<IncomingMessage> {
    const url = `${this.config.getCurrentCluster()?.server}${path}`;
    const options: RequestOptions = { signal: AbortSignal.timeout(timeoutMs) };
    await this.config.applyToHTTPSOptions(options); // each time: a token may have been renewed
    const isTls = url.startsWith('https:');
    this.#agent ??= new (isTls ? Agent : HttpAgent)({ ...(options.agent as Agent).options, keepAlive: true });
    const sent = (isTls ? request : requestHttp)(url, { ...options, agent: this.#agent });
    const [response] = (await once(sent.end(), 'response')) as [IncomingMessage];
    return response;
  }
}
