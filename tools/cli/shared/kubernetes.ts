import { once } from 'node:events';
import type { Agent } from 'node:http';
import { createServer, type Server } from 'node:net';
import { Duplex, PassThrough, pipeline } from 'node:stream';
import {
  type ApiConstructor,
  type ApiType,
  CoreV1Api,
  createConfiguration,
  type Informer,
  KubeConfig,
  type KubernetesObject,
  type ListPromise,
  makeInformer,
  type ObjectCache,
  PortForward,
  ServerConfiguration,
  type V1Pod,
} from '@kubernetes/client-node';
import { messageOf, npmRun } from './cli';
import { kubectl, read } from './process';
import type { StackOutputs } from './pulumi';

/** Milliseconds until a request to the Kubernetes API times out, and until an interrupted watch is started again. */
const requestMs = 5000;
const retryMs = 1000;

/** Explains the error of a request to the Kubernetes API of `stack`, for `catch`. */
export function unanswered(stack: string): (error: unknown) => never {
  return (cause) => {
    const start = `Start the cluster, with all data: ${npmRun('up', stack)}`;
    throw new Error(`The Kubernetes API does not answer: ${messageOf(cause)}\n${start}`, { cause });
  };
}

/** The Kubernetes API of a stack's cluster, in the stack's namespace. */
export class StackCluster {
  readonly config = new KubeConfig();
  readonly namespace: string;
  /**
   * Keeps connections alive: a TLS handshake costs the API server more than a response. It uses the certificates of the first request.
   */
  #agent: Agent | undefined;

  constructor(private readonly outputs: StackOutputs) {
    this.config.loadFromString(outputs.kubeconfig);
    this.namespace = outputs.namespace;
  }

  /** A client of one of the API's groups. Its requests time out after five seconds. */
  api<T extends ApiType>(type: ApiConstructor<T>): T {
    return new type(
      createConfiguration({
        baseServer: new ServerConfiguration(this.config.getCurrentCluster()?.server ?? '', {}),
        authMethods: { default: this.config },
        promiseMiddleware: [
          {
            pre: async (request) => {
              const agent = request.getAgent();
              if (agent) request.setAgent((this.#agent ??= Object.assign(agent, { keepAlive: true })));
              request.setSignal(AbortSignal.timeout(requestMs));
              return request;
            },
            post: async (response) => response,
          },
        ],
      }),
    );
  }

  /** The pods of the namespace that `labelSelector` selects. Default: all. */
  async pods(labelSelector = ''): Promise<V1Pod[]> {
    return (await this.api(CoreV1Api).listNamespacedPod({ namespace: this.namespace, labelSelector })).items;
  }

  /**
   * Watches the pods that `labelSelector` selects. Calls `changed` for existing, new and changed pods. Rejects when the API no longer
   * answers, or without credentials.
   */
  watchPods(labelSelector: string, changed: (pod: V1Pod) => void, deleted: (pod: V1Pod) => void): Promise<never> {
    const list = () => this.api(CoreV1Api).listNamespacedPod({ namespace: this.namespace, labelSelector });
    const end = new AbortController();
    const lost = new Promise<never>((_, reject) => {
      const pods = this.cache('/api/v1', 'pods', list, end.signal, labelSelector, reject);
      pods.on('add', changed);
      pods.on('update', changed);
      pods.on('delete', deleted);
      pods.on('error', () => setTimeout(() => list().catch(reject), retryMs));
    });
    return lost.finally(() => end.abort());
  }

  /**
   * The namespace's objects of a kind, such as `pods` of `/api/v1`, kept up to date by a watch until `end`. The watch is started again
   * whenever it is interrupted.
   * @param rejected gets the error if there are no credentials for the watch. Default: it is started again
   */
  cache<T extends KubernetesObject>(
    api: string,
    plural: string,
    list: ListPromise<T>,
    end: AbortSignal,
    labelSelector?: string,
    rejected?: (error: unknown) => void,
  ): ObjectCache<T> & Informer<T> {
    const objects = makeInformer(this.config, `${api}/namespaces/${this.namespace}/${plural}`, list, labelSelector);
    // `start` rejects if there are no credentials for the watch; other errors go to the handler.
    const start = (): void => void (end.aborted || objects.start().catch(rejected ?? startAgain));
    const startAgain = (): unknown => setTimeout(start, retryMs);
    objects.on('error', startAgain);
    end.addEventListener('abort', () => objects.stop());
    start();
    return objects;
  }

  /**
   * Runs a command in a container. Returns its standard output.
   * @throws an Error with its standard error if it fails.
   */
  exec(pod: string, container: string, command: readonly string[]): Promise<string> {
    return kubectl(this.outputs, read, 'exec', pod, `--container=${container}`, '--', ...command);
  }

  /** What the service of a pod measures, in Prometheus' format: `/metrics` on `port`, through the API server. */
  metrics(pod: string, port: number): Promise<string> {
    const request = { name: `${pod}:${port}`, namespace: this.namespace, path: 'metrics' };
    return this.api(CoreV1Api).connectGetNamespacedPodProxyWithPath(request);
  }

  /** A stream to `port` on 127.0.0.1 in a pod. NetworkPolicies do not apply to it. */
  async forward(pod: string, port: number): Promise<Duplex> {
    const [toPod, fromPod, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const socket = await new PortForward(this.config).portForward(this.namespace, pod, [port], fromPod, errors, toPod);
    if (typeof socket === 'function') throw new Error('PortForward returned no WebSocket.');
    const stream = Duplex.from({ readable: fromPod, writable: toPod });
    errors.on('data', (text: Buffer) => text.length > 0 && stream.destroy()); // such as a refused connection
    socket.on('close', () => stream.destroy());
    stream.on('close', () => socket.close()).on('error', () => {});
    return stream;
  }

  /** Forwards each connection to `port` on 127.0.0.1 of this machine to a stream that `open` opens, until the server is closed. */
  async forwardFrom(port: number, open: () => Promise<Duplex>): Promise<Server> {
    const server = createServer((socket) => {
      open().then(
        (stream) => pipeline(socket, stream, socket, () => {}),
        () => socket.destroy(),
      );
    });
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return server;
  }
}
