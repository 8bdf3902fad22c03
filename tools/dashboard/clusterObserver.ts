import { setTimeout as wait } from 'node:timers/promises';
import type { V1Pod, V2HorizontalPodAutoscaler } from '@kubernetes/client-node';
import { type CoreV1Event, type KubernetesObject, makeInformer, type PodMetricsList } from '@kubernetes/client-node';
import { messageOf } from '../cli/shared/cli';
import { followLogs } from '../cli/shared/followLogs';
import type { StackCluster } from '../cli/shared/kubernetes';
import { isInDevMode } from '../cli/shared/pods';
import { apiReader } from './apiReader';
import { databaseReader } from './database';
import type { Feed } from './feed';
import { logRow } from './logRow';
import { type EventRow, isReady, type Sample, type State } from './messages';
import { Requests } from './requests';

/** Milliseconds between readings of the services' metrics, of what pods use (measured each 10 s), and of the database. */
const [metricsMs, usageMs, databaseMs] = [2000, 5000, 10_000];
/** Milliseconds until what broke is tried again. */
const retryMs = 1000;
const maxEvents = 500;
const appLabel = 'app.kubernetes.io/name';

/** Tells `feed` of a stack's namespace until `end`, and goes on after times in which the cluster does not answer. */
export function observeCluster(cluster: StackCluster, feed: Feed, end: AbortSignal, withLogs: boolean): void {
  const { config, namespace } = cluster;
  const read = apiReader(config, (connected) => {
    if (connected !== feed.state.connected) feed.set({ connected, since: Date.now() });
  });
  const readJson = async <T>(path: string): Promise<T> => JSON.parse(await read(path)) as T;
  const [core, scaling] = ['/api/v1', '/apis/autoscaling/v2'].map((api) => `${api}/namespaces/${namespace}`);
  const requests = new Requests();
  const readDatabase = databaseReader(cluster, (path) => readJson(`${core}/${path}`));

  const watch = <T extends KubernetesObject>(path: string, see: (objects: readonly T[]) => void): void => {
    const informer = makeInformer<T>(config, path, () => readJson(path));
    informer.on('change', () => see(informer.list()));
    informer.on('error', () => setTimeout(() => !end.aborted && informer.start(), retryMs));
    end.addEventListener('abort', () => informer.stop());
    void informer.start();
  };
  const every = async (milliseconds: number, work: () => Promise<void>): Promise<void> => {
    for (; !end.aborted; await wait(milliseconds)) await work().catch(() => undefined); // the page shows whether the cluster answers
  };

  watch<V1Pod>(`${core}/pods`, (pods) => feed.set({ pods, code: codeOf(pods, feed.state.marks) }));
  watch<V2HorizontalPodAutoscaler>(`${scaling}/horizontalpodautoscalers`, (scalers) => feed.set({ scalers }));
  watch<CoreV1Event>(`${core}/events`, (events) => feed.set({ events: events.map(eventRow).slice(-maxEvents) }));
  void every(metricsMs, async () => {
    const readPod = async ({ metadata, spec }: V1Pod): Promise<void> => {
      const port = spec?.containers[0]?.ports?.find(({ name }) => name === 'metrics')?.containerPort;
      const path = `${core}/pods/${metadata?.name}:${port}/proxy/metrics`;
      if (port !== undefined) requests.add(metadata?.name ?? '', await read(path), Date.now());
    };
    await Promise.allSettled(feed.state.pods.filter(isReady).map(readPod));
  });
  void every(usageMs, async () => {
    const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`;
    const { items } = await readJson<PodMetricsList>(path).catch(() => ({ items: [] }));
    const usage = items.map(({ metadata, containers }) => [metadata.name, containers[0]?.usage]);
    feed.set({ usage: Object.fromEntries(usage) });
  });
  void every(databaseMs, async () => {
    feed.set({ database: await readDatabase(feed.state.pods).catch(messageOf) });
  });
  void every(1000, async () => feed.addSample(sampleOf(feed.state, requests)));
  if (withLogs) void every(retryMs, () => followLogs(cluster, '', (line) => feed.addLog(logRow(line))));
}

/** The present second, of the pods of the autoscaler `web`, or else of the first one. */
function sampleOf({ connected, scalers, pods }: State, requests: Requests): Sample {
  const at = Date.now();
  if (!connected) return { at };
  const { metadata, spec, status } = scalers.find((it) => it.metadata?.name === 'web') ?? scalers[0] ?? {};
  return {
    at,
    ready: pods.filter((pod) => isReady(pod) && pod.metadata?.labels?.[appLabel] === metadata?.name).length,
    wanted: status?.desiredReplicas,
    cpu: status?.currentMetrics?.[0]?.resource?.current.averageUtilization,
    target: spec?.metrics?.[0]?.resource?.target.averageUtilization,
    ...requests.figures(at),
  };
}

/** What pods in dev mode run, as far as `npm run dev` has told it since the dashboard was opened. */
export function codeOf(pods: readonly V1Pod[], marks: readonly EventRow[]): Record<string, string> {
  const names = pods.filter(isInDevMode).map(({ metadata }) => metadata?.name ?? '');
  const newest = (name: string) => marks.findLast(({ kind, object }) => kind === 'save' && object === name);
  return Object.fromEntries(names.map((name) => [name, newest(name)?.text ?? 'dev mode']));
}

function eventRow(event: CoreV1Event): EventRow {
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
