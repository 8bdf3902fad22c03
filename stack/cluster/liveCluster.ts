import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { json } from 'node:stream/consumers';
import { parse } from 'yaml';

/** Time-out of the whole request in milliseconds. */
const patience = 3000;
/** Time-out of the connection in milliseconds. A stopped node does not even refuse connections. */
const connectPatience = 500;

interface EmbeddedKubeconfig {
  readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, string>> }];
  readonly users: readonly [{ readonly user: Readonly<Record<string, string>> }];
}

/**
 * Identifies the cluster of a kubeconfig that Minikube wrote: the uid of the namespace kube-system, which is as old as the cluster's
 * data. `undefined` without a complete response within three seconds. Not with `@kubernetes/client-node`, as every update calls this:
 * it takes 0.45 CPU seconds to load, `yaml` 0.03.
 */
export async function readClusterUid(kubeconfig: string): Promise<string | undefined> {
  try {
    const { clusters, users } = parse(kubeconfig) as EmbeddedKubeconfig;
    const [{ cluster }, { user }] = [clusters[0], users[0]];
    const bytes = (base64 = ''): Buffer => Buffer.from(base64, 'base64');
    const options = {
      ca: bytes(cluster['certificate-authority-data']),
      cert: bytes(user['client-certificate-data']),
      key: bytes(user['client-key-data']),
      signal: AbortSignal.timeout(patience),
      timeout: connectPatience,
      agent: false as const,
    };
    const request = get(`${cluster.server}/api/v1/namespaces/kube-system`, options)
      .on('error', () => undefined) // after the response too
      .on('timeout', () => request.destroy())
      .on('socket', (socket) => socket.once('connect', () => socket.setTimeout(0)));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const namespace = (await json(response)) as { readonly metadata: { readonly uid: string } };
    return response.statusCode === 200 ? namespace.metadata.uid : undefined;
  } catch {
    return undefined;
  }
}
