import { get } from 'node:https';
import { json } from 'node:stream/consumers';
import { parse } from 'yaml';

/** Milliseconds for a whole answer. */
const patience = 3000;
/** Milliseconds for a connection. The address of a stopped node answers nothing, not even that nobody listens. */
const connectPatience = 500;

interface EmbeddedKubeconfig {
  readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, string>> }];
  readonly users: readonly [{ readonly user: Readonly<Record<string, string>> }];
}

/**
 * Identity of the cluster that `kubeconfig`, as Minikube writes it, leads to: the uid of its namespace kube-system, which is as old as
 * the cluster's data. `undefined` if the cluster does not answer in full within three seconds. By hand, as this is read at every
 * update: `@kubernetes/client-node` takes 0.45 CPU seconds to load, `yaml` 0.03.
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
      agent: false as const,
    };
    const namespace = await new Promise((resolve, reject) => {
      const request = get(`${cluster.server}/api/v1/namespaces/kube-system`, options, (response) => {
        if (response.statusCode === 200) json(response).then(resolve, reject);
        else reject(new Error(`HTTP ${response.statusCode}`));
      });
      request.on('error', reject).on('socket', (socket) => {
        const timer = setTimeout(() => request.destroy(new Error('no connection')), connectPatience);
        socket.once('connect', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
      });
    });
    return (namespace as { metadata: { uid: string } }).metadata.uid;
  } catch {
    return undefined;
  }
}
