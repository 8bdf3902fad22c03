import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  type ApiConstructor,
  type ApiType,
  CoreV1Api,
  createConfiguration,
  Exec,
  KubeConfig,
  ServerConfiguration,
  type V1Pod,
  type V1Status,
} from '@kubernetes/client-node';
import { messageOf, npmRun } from './cli';
import type { StackOutputs } from './pulumi';

/** Milliseconds that the Kubernetes API has for an answer. */
const requestMs = 5000;

/** The error of a command that the Kubernetes API of `stack` did not answer, with what to do. */
export function unanswered(stack: string, error: unknown): Error {
  return new Error(
    `The Kubernetes API does not answer: ${messageOf(error)}\nStart the cluster, with all data: ${npmRun('up', stack)}`,
    { cause: error },
  );
}

/** A stack's cluster: its Kubernetes API, in the stack's namespace. */
export class StackCluster {
  readonly config = new KubeConfig();
  readonly namespace: string;

  constructor({ kubeconfig, namespace }: StackOutputs) {
    this.config.loadFromString(kubeconfig);
    this.namespace = namespace;
  }

  /** A client of one of the API's groups. Its requests fail after five seconds without an answer. */
  api<T extends ApiType>(type: ApiConstructor<T>): T {
    return new type(
      createConfiguration({
        baseServer: new ServerConfiguration(this.config.getCurrentCluster()?.server ?? '', {}),
        authMethods: { default: this.config },
        promiseMiddleware: [
          {
            pre: async (request) => {
              request.setSignal(AbortSignal.timeout(requestMs));
              return request;
            },
            post: async (response) => response,
          },
        ],
      }),
    );
  }

  /** The pods that `labelSelector` selects; all of the namespace without one. */
  async pods(labelSelector?: string): Promise<V1Pod[]> {
    const list = await this.api(CoreV1Api).listNamespacedPod({
      namespace: this.namespace,
      ...(labelSelector !== undefined && { labelSelector }),
    });
    return list.items;
  }

  /**
   * Runs a command in a container. Returns its standard output.
   * @throws an Error with its standard error if it fails.
   */
  async exec(pod: string, container: string, command: readonly string[]): Promise<string> {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const output = [text(stdout), text(stderr)] as const;
    const status = await new Promise<V1Status>((resolve, reject) => {
      new Exec(this.config)
        .exec(this.namespace, pod, container, [...command], stdout, stderr, null, false, resolve)
        .then((socket) => socket.on('close', () => reject(new Error('the connection was closed'))), reject);
    }).finally(() => {
      stdout.end();
      stderr.end();
    });
    if (status.status === 'Success') return output[0];
    throw new Error(`'${command.join(' ')}' failed in pod ${pod}: ${(await output[1]).trim() || status.message}`);
  }
}

/** A sentence for each pod of `pods` that no node can take. */
export function describeUnscheduled(pods: readonly V1Pod[]): string[] {
  return pods.flatMap(({ metadata, status }) =>
    (status?.conditions ?? [])
      .filter(({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable')
      .map(({ message = 'no reason given' }) => `Pod ${metadata?.name} has no node that can take it: ${message}`),
  );
}
