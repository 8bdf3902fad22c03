import { setTimeout as wait } from 'node:timers/promises';
import * as kubernetes from '@kubernetes/client-node';
import { messageOf } from '../cli/shared/cli';
import { followLogs } from '../cli/shared/followLogs';
import type { StackCluster } from '../cli/shared/kubernetes';
import { isInDevMode } from '../cli/shared/pods';
import { apiReader } from './apiReader';
import { DatabaseReader } from './database';
import type { Feed } from './feed';
import { logRow } from './logRow';
import { type EventRow, isReady, type Sample, type State } from './messages';
import { keptMs, Requests } from './requests';

/** Milliseconds between readings of the services' metrics, of what pods use (measured each 10 s), and of the database. */
const [metricsMs, usageMs, databaseMs] = [2000, 5000, 10_000];
/** Milliseconds until what broke is tried again. */
const retryMs = 1000;
const maxEvents = 100;

/** Tells `feed` of a stack's namespace until `end`, and goes on after times in which the cluster does not answer. */
export function observeCluster(cluster: StackCluster, feed: Feed, end: AbortSignal): void {
  const { config, namespace } = cluster;
  const read = apiReader(config, (connected) => {
    if (connected !== feed.state.connected) feed.set({ connected, since: Date.now() });
  });
  const readJson = async <T>(path: string): Promise<T> => JSON.parse(await read(path)) as T;
  const [requests, database] = [new Requests(), new DatabaseReader(cluster, readJson)];
  end.addEventListener('abort', () => database.close());

  const watch = <T extends kubernetes.KubernetesObject>(
    api: string,
    plural: string,
    see: (objects: readonly T[]) => void,
  ) => {
    const path = `/${api}/namespaces/${namespace}/${plural}`;
    const informer = kubernetes.makeInformer<T>(config, path, () => readJson(path));
    informer.on('change', () => see(informer.list()));
    informer.on('error', () => setTimeout(() => !end.aborted && informer.start(), retryMs));
    end.addEventListener('abort', () => informer.stop());
    void informer.start();
  };
  const every = async (milliseconds: number, work: () => Promise<void>): Promise<void> => {
    for (; !end.aborted; await wait(milliseconds)) await work().catch(() => undefined); // the page shows whether the cluster answers
  };

  watch<kubernetes.V1Pod>('api/v1', 'pods', (pods) =>
    feed.set({ pods: pods.toSorted(byAppAndAge), code: codeOf(pods, feed.state.marks) }),
  );
  watch<kubernetes.V2HorizontalPodAutoscaler>('apis/autoscaling/v2', 'horizontalpodautoscalers', (scalers) =>
    feed.set({ scalers }),
  );
  watch<kubernetes.CoreV1Event>('api/v1', 'events', (events) => {
    feed.set({
      events: events
        .map(eventRow)
        .sort((one, other) => other.at - one.at)
        .slice(0, maxEvents),
    });
  });
  void every(metricsMs, async () => {
    const readPod = async ({ metadata, spec }: kubernetes.V1Pod): Promise<void> => {
      const port = spec?.containers[0]?.ports?.find(({ name }) => name === 'metrics')?.containerPort;
      const path = `/api/v1/namespaces/${namespace}/pods/${metadata?.name}:${port}/proxy/metrics`;
      if (port !== undefined) requests.add(metadata?.name ?? '', await read(path), Date.now());
    };
    await Promise.allSettled(feed.state.pods.filter(isReady).map(readPod));
    const { '': _, ...routes } = requests.figures(Date.now(), keptMs);
    feed.set({ routes });
  });
  void every(usageMs, async () => {
    const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`;
    const { items } = await readJson<kubernetes.PodMetricsList>(path).catch(() => ({ items: [] }));
    const usage = items.map(({ metadata, containers }) => [metadata.name, containers[0]?.usage]);
    feed.set({ usage: Object.fromEntries(usage) });
  });
  void every(databaseMs, async () => {
    feed.set({ database: await database.describe(feed.state.pods).catch(messageOf) });
  });
  void every(1000, async () => feed.addSample(sampleOf(feed.state, requests)));
  void every(retryMs, () => followLogs(cluster, '', (line) => feed.addLog(logRow(line))));
}

/** The present second, of the pods of the autoscaler `web`, or else of the first one. */
function sampleOf({ connected, scalers, pods }: State, requests: Requests): Sample {
  const at = Date.now();
  if (!connected) return { at };
  const { metadata, spec, status } = scalers.find((it) => it.metadata?.name === 'web') ?? scalers[0] ?? {};
  const { '': all, ...routes } = requests.figures(at, 3 * metricsMs);
  const failing = Object.entries(routes).filter(([, { failed }]) => failed > 0);
  return {
    at,
    ready: pods.filter((pod) => isReady(pod) && appOf(pod) === metadata?.name).length,
    wanted: status?.desiredReplicas,
    cpu: status?.currentMetrics?.[0]?.resource?.current.averageUtilization,
    target: spec?.metrics?.[0]?.resource?.target.averageUtilization,
    requests: all,
    ...(all && { errors: Object.fromEntries(failing.map(([route, { failed }]) => [route, failed])) }),
  };
}

function appOf({ metadata }: kubernetes.V1Pod): string {
  return metadata?.labels?.['app.kubernetes.io/name'] ?? '';
}

function byAppAndAge(one: kubernetes.V1Pod, other: kubernetes.V1Pod): number {
  const created = ({ metadata }: kubernetes.V1Pod): number => Number(new Date(metadata?.creationTimestamp ?? 0));
  return appOf(one).localeCompare(appOf(other)) || created(one) - created(other);
}

/** What pods in dev mode run, as far as `npm run dev` has told it since the dashboard was opened. */
export function codeOf(pods: readonly kubernetes.V1Pod[], marks: readonly EventRow[]): Record<string, string> {
  const names = pods.filter(isInDevMode).map(({ metadata }) => metadata?.name ?? '');
  const newest = (name: string) => marks.findLast(({ kind, object }) => kind === 'save' && object === name);
  return Object.fromEntries(names.map((name) => [name, newest(name)?.text ?? 'dev mode']));
}

function eventRow(event: kubernetes.CoreV1Event): EventRow {
  const { lastTimestamp, eventTime, metadata, type = '', reason, involvedObject, message = '' } = event;
  // `pulumi up` makes a new ReplicaSet when it changes the pods: their image, or their configuration.
  const isRollout = reason === 'ScalingReplicaSet' && message.includes(' from 0 ');
  return {
    at: Number(new Date(lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? 0)),
    kind: isRollout ? 'rollout' : type,
    object: involvedObject.name ?? '',
    text: isRollout ? message : `${reason}: ${message}`,
  };
}
