// Carried over as text, like minikube.ts.

import { get as httpGet } from 'http';
import { get as httpsGet } from 'https';

/** Who answers at the cluster's address, and the registry that runs in it. Both change when they are made anew. */
export interface LiveCluster {
  /** Uid of the namespace kube-system: as old as the cluster's data. */
  readonly uid: string;
  /** Id of the registry's container; empty while it does not run. Its images go with it (minikube #2365). */
  readonly registryId: string;
}

/** Asks the cluster of `kubeconfig` who it is. `undefined` if it does not answer within three seconds. */
export async function look(kubeconfig: string): Promise<LiveCluster | undefined> {
  try {
    const namespace = await ask(kubeconfig, '/api/v1/namespaces/kube-system');
    const pods = await ask(kubeconfig, '/api/v1/namespaces/kube-system/pods?labelSelector=actual-registry%3Dtrue');
    return { uid: (namespace as { metadata: { uid: string } }).metadata.uid, registryId: runningContainer(pods) };
  } catch {
    return undefined;
  }
}

/** Id of the first running container in a PodList; empty if there is none. */
export function runningContainer(pods: unknown): string {
  const { items } = pods as {
    items: { status: { containerStatuses?: { containerID?: string; state: { running?: object } }[] } }[];
  };
  const statuses = items.flatMap((pod) => pod.status.containerStatuses ?? []);
  return statuses.find((status) => status.state.running)?.containerID?.replace(/^.*\/\//, '') ?? '';
}

/** GETs `path` from the API server with the client certificate that Minikube embedded. */
function ask(kubeconfig: string, path: string): Promise<unknown> {
  const field = (key: string): string => new RegExp(`${key}: (\\S+)`).exec(kubeconfig)?.[1] ?? '';
  const bytes = (key: string): Buffer => Buffer.from(field(key), 'base64');
  return new Promise((resolve, reject) => {
    const options = {
      ca: bytes('certificate-authority-data'),
      cert: bytes('client-certificate-data'),
      key: bytes('client-key-data'),
      timeout: 3000,
      agent: false as const,
    };
    const request = httpsGet(field('server') + path, options, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += chunk));
      response.on('end', () => (response.statusCode === 200 ? resolve(JSON.parse(body)) : reject(new Error(body))));
    });
    request.on('timeout', () => request.destroy(new Error('timed out')));
    request.on('error', reject);
  });
}

/** Whether a registry answers on 127.0.0.1:`port`. */
export function registryAnswers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = httpGet({ host: '127.0.0.1', port, path: '/v2/', timeout: 3000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}
