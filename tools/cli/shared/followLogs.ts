import { createInterface } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { Log, type V1Pod } from '@kubernetes/client-node';
import type { StackCluster } from './kubernetes';
import type { LogLine } from './logLine';

/** Lines of its past that are shown of a pod that is seen first. */
const tailLines = 20;
/** Milliseconds until the log of a container that still runs is followed again, after the connection broke. */
const retryMs = 1000;

/** Follows the logs of the pods of `selector`, those too that come later. Rejects when the cluster does not answer any more. */
export async function followLogs(
  cluster: StackCluster,
  selector: string,
  show: (line: LogLine) => void,
): Promise<never> {
  const { config, namespace } = cluster;
  /** Pods as they were seen last, by name. */
  const pods = new Map<string, V1Pod>();
  /** Containers whose log is followed, or has been to its end. */
  const followed = new Set<string>();
  /** When the log of a pod was last read. */
  const read = new Map<string, string>();
  let ended = false;

  const followPod = async (pod: V1Pod): Promise<void> => {
    const name = pod.metadata?.name ?? '';
    pods.set(name, pod);
    const { containerID: id, name: container } = pod.status?.containerStatuses?.[0] ?? {};
    if (id === undefined || container === undefined || followed.has(id)) return; // undefined before it has started
    followed.add(id);
    const since = read.get(name);
    const lines = new PassThrough();
    lines.on('pipe', (response: Readable) => response.once('error', () => lines.end())); // Log leaves it unhandled
    createInterface({ input: lines }).on('line', (text) => show({ pod: name, text }));
    const end = new Promise((resolve) => lines.once('finish', resolve));
    await new Log(config)
      .log(namespace, name, container, lines, { follow: true, ...(since ? { sinceTime: since } : { tailLines }) })
      .then(() => end)
      .catch(() => undefined);
    read.set(name, new Date().toISOString());
    await wait(retryMs);
    const current = pods.get(name)?.status?.containerStatuses?.[0];
    if (ended || current?.containerID !== id || current.state?.running === undefined) return;
    followed.delete(id);
    await followPod(pod);
  };
  const lose = ({ metadata }: V1Pod): unknown => pods.delete(metadata?.name ?? '');
  return cluster.watchPods(selector, followPod, lose, retryMs).finally(() => {
    ended = true;
  });
}
