import { createInterface } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { CoreV1Api, Log, makeInformer, type V1Pod } from '@kubernetes/client-node';
import { readOptions, runCommand, say } from './shared/cli';
import { StackCluster, unanswered } from './shared/kubernetes';
import { formatAsJson, formatForPeople, isOfRequest, type LogLine } from './shared/logLine';
import { readOutputs } from './shared/pulumi';

const usage = `npm run logs: what all pods of all services log, from now on. Ctrl-C ends it.

  npm run logs -- --service web    only of this service
  npm run logs -- --request ID     only of the request, or trace, with this id
  npm run logs -- --json           as JSON, a line each
  npm run logs -- --stack staging  of another stack than dev`;

/** Lines of its past that are shown of a pod that is seen first. */
const tailLines = 20;
/** Milliseconds until the log of a container that still runs is followed again, after the connection broke. */
const retryMs = 1000;

runCommand(async () => {
  const { stack, json, request, service } = readOptions(usage, {
    service: { type: 'string' },
    json: { type: 'boolean', default: false },
    request: { type: 'string' },
  });
  const format = json ? formatAsJson : formatForPeople;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(0));
  process.stdout.once('error', () => process.exit(0)); // nobody reads any more
  // Kubernetes gives this label to the pods of Deployments: services have them, and databases do not.
  const selector = service === undefined ? 'pod-template-hash' : `app.kubernetes.io/name=${service}`;
  await follow(new StackCluster(await readOutputs(stack)), selector, (line) => {
    if (request === undefined || isOfRequest(line, request)) say(format(line));
  }).catch((error: unknown) => {
    throw unanswered(stack, error);
  });
});

/** Follows the logs of the pods of `selector`, those too that come later. Rejects when the cluster does not answer any more. */
async function follow(cluster: StackCluster, selector: string, show: (line: LogLine) => void): Promise<never> {
  const { config, namespace } = cluster;
  const list = () => cluster.api(CoreV1Api).listNamespacedPod({ namespace, labelSelector: selector });
  const pods = makeInformer(config, `/api/v1/namespaces/${namespace}/pods`, list, selector);
  /** Containers whose log is followed, or has been to its end. */
  const followed = new Set<string>();
  /** When the log of a pod was last read. */
  const read = new Map<string, string>();
  let ended = false;

  const followPod = async (pod: V1Pod): Promise<void> => {
    const name = pod.metadata?.name ?? '';
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
    const current = pods.get(name, namespace)?.status?.containerStatuses?.[0];
    if (ended || current?.containerID !== id || current.state?.running === undefined) return;
    followed.delete(id);
    await followPod(pod);
  };
  const end = new Promise<never>((_, reject) => {
    pods.on('add', followPod);
    pods.on('update', followPod);
    // A watch that was cut off goes on if the cluster still answers.
    pods.on('error', () =>
      wait(retryMs)
        .then(list)
        .then(() => pods.start())
        .catch(reject),
    );
    pods.start().catch(reject);
  });
  return end.finally(() => {
    ended = true;
  });
}
