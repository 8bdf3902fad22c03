import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { json } from 'node:stream/consumers';
import { parse } from 'yaml';

/** The cluster that answers. */
export interface LiveCluster {
  /** Uid of the namespace kube-system: as old as the cluster's data. */
  readonly uid: string;
}

/** Milliseconds for a whole answer. */
const patience = 3000;
/** Milliseconds for a connection. The address of a stopped node answers nothing, not even that nobody listens. */
const connectPatience = 500;

/** Asks the cluster of `kubeconfig` for its identity. `undefined` if it does not answer in full within three seconds. */
export async function readLiveCluster(kubeconfig: string): Promise<LiveCluster | undefined> {
  try {
    const namespace = await request(kubeconfig, '/api/v1/namespaces/kube-system');
    return { uid: (namespace as { metadata: { uid: string } }).metadata.uid };
  } catch {
    return undefined;
  }
}

/**
 * GETs `path` as the administrator that Minikube embedded in the kubeconfig. By hand, as this is asked at every update:
 * `@kubernetes/client-node` takes 0.45 CPU seconds to load, `yaml` 0.03.
 */
async function request(kubeconfig: string, path: string): Promise<unknown> {
  const { clusters, users } = parse(kubeconfig) as {
    clusters: [{ cluster: Record<string, string> }];
    users: [{ user: Record<string, string> }];
  };
  const [{ cluster }, { user }] = [clusters[0], users[0]];
  const bytes = (base64 = ''): Buffer => Buffer.from(base64, 'base64');
  const options = {
    ca: bytes(cluster['certificate-authority-data']),
    cert: bytes(user['client-certificate-data']),
    key: bytes(user['client-key-data']),
    signal: AbortSignal.timeout(patience),
    agent: false as const,
  };
  return new Promise((resolve, reject) => {
    const request = httpsGet(`${cluster.server}${path}`, options, (response) => {
      if (response.statusCode === 200) json(response).then(resolve, reject);
      else reject(new Error(`HTTP ${response.statusCode}`));
    });
    request.on('error', reject).on('socket', (socket) => {
      const timer = setTimeout(() => request.destroy(new Error('no connection')), connectPatience);
      socket.once('connect', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
    });
  });
}

/** Whether a registry answers on 127.0.0.1:`port`. */
export function registryAnswers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const options = {
      host: '127.0.0.1',
      port,
      path: '/v2/',
      signal: AbortSignal.timeout(patience),
      agent: false as const,
    };
    httpGet(options, (response) => resolve(response.resume().statusCode === 200)).on('error', () => resolve(false));
  });
}
