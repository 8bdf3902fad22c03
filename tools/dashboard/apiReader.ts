import { once } from 'node:events';
import { get as getHttp, Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { Agent, get, type RequestOptions } from 'node:https';
import { text } from 'node:stream/consumers';
import type { KubeConfig } from '@kubernetes/client-node';

/** Milliseconds that the Kubernetes API has for an answer. */
const timeoutMs = 3000;

/**
 * Returns a function that reads a path of the Kubernetes API, and throws unless the answer is 200. It keeps its connections: the client
 * library makes one for each request, whose TLS handshake costs the cluster more than the answer.
 * @param tell is told after each request whether there was an answer
 */
export function apiReader(config: KubeConfig, tell: (answers: boolean) => void): (path: string) => Promise<string> {
  const server = config.getCurrentCluster()?.server ?? '';
  const isTls = server.startsWith('https:');
  let agent: HttpAgent | undefined;
  return async (path) => {
    const options: RequestOptions = { signal: AbortSignal.timeout(timeoutMs) };
    await config.applyToHTTPSOptions(options); // each time: a token may have been renewed
    agent ??= new (isTls ? Agent : HttpAgent)({ ...(options.agent as Agent).options, keepAlive: true });
    const request = (isTls ? get : getHttp)(server + path, { ...options, agent });
    const read = async ([response]: IncomingMessage[]) => ({
      status: response?.statusCode,
      body: response && (await text(response)),
    });
    const { status, body = '' } = await once(request, 'response')
      .then(read)
      .catch((error: unknown) => {
        tell(false);
        throw error;
      });
    tell(true);
    if (status !== 200) throw new Error(`${path}: ${status} ${body.slice(0, 200)}`);
    return body;
  };
}
