import { setTimeout as wait } from 'node:timers/promises';
import {
  AutoscalingV2Api,
  CoreV1Api,
  CustomObjectsApi,
  type KubernetesObject,
  type ListPromise,
  makeInformer,
  type ObjectCache,
  type PodMetricsList,
  type V1Pod,
  type V2HorizontalPodAutoscaler,
  VersionApi,
} from '@kubernetes/client-node';
import { messageOf } from '../cli/shared/cli';
import { followLogs, formatForPeople, type LogLine, readLine } from '../cli/shared/followLogs';
import type { StackCluster } from '../cli/shared/kubernetes';
import { describeScaler, isReady, scalerFigures } from '../cli/shared/workloadState';
import { databaseReader } from './database';
import type { Mark, Row, Sample, State } from './messages';
import { type Figures, Requests } from './requests';
import { eventRows, markOf, PodTable, type Usage } from './tables';

/** Milliseconds between two updates of the page. */
const updateMs = 500;
/** Milliseconds between readings: of the services' metrics and whether the API answers, of what pods use (measured each 10 s), of the database. */
const [metricsMs, usageMs, databaseMs] = [2000, 5000, 10_000];
/** Milliseconds until what broke is tried again. */
const retryMs = 1000;
/** A line that is followed costs the cluster about 0.2 ms of CPU: it goes alone through the kubelet and the API server. */
const logLimit = { lines: 150, ms: 10_000 };
const appLabel = 'app.kubernetes.io/name';

/** Adds what is seen of a stack's namespace until `end`, and goes on after times in which the cluster does not answer. */
export function observeCluster(
  cluster: StackCluster,
  readMarks: () => Mark[],
  add: (update: Partial<State>) => void,
  end: AbortSignal,
): void {
  const { config, namespace } = cluster;
  const watch = <T extends KubernetesObject>(path: string, list: ListPromise<T>): ObjectCache<T> => {
    const informer = makeInformer<T>(config, path, list);
    informer.on('error', () => setTimeout(() => !end.aborted && informer.start(), retryMs));
    end.addEventListener('abort', () => informer.stop());
    void informer.start();
    return informer;
  };
  const every = async (milliseconds: number, work: () => Promise<void>): Promise<void> => {
    for (; !end.aborted; await wait(milliseconds)) await work();
  };

  const [core, scaling] = [cluster.api(CoreV1Api), cluster.api(AutoscalingV2Api)];
  const [v1, v2] = [`/api/v1/namespaces/${namespace}`, `/apis/autoscaling/v2/namespaces/${namespace}`];
  const pods = watch(`${v1}/pods`, () => core.listNamespacedPod({ namespace }));
  const events = watch(`${v1}/events`, () => core.listNamespacedEvent({ namespace }));
  const scalers = watch(`${v2}/horizontalpodautoscalers`, () => {
    return scaling.listNamespacedHorizontalPodAutoscaler({ namespace });
  });

  const [podTable, requests, readDatabase] = [new PodTable(), new Requests(), databaseReader(cluster)];
  let usage: ReadonlyMap<string, Usage> = new Map();
  let lostAt = Date.now();
  void every(updateMs, async () => {
    const at = Date.now();
    const happened = [...readMarks(), ...events.list().map(markOf)];
    const scaling = scalers.list().map((scaler) => `${scaler.metadata?.name}: ${describeScaler(scaler)}`);
    add({
      scaling: scaling.join(' · '),
      pods: podTable.rows(pods.list(), usage, happened),
      events: eventRows(happened),
      marks: happened.filter(({ kind }) => kind !== 'Normal' && kind !== 'Warning'),
      samples: [{ at, values: lostAt > 0 ? {} : valuesOf(pods.list(), scalers.list(), requests.figures(at)) }],
    });
  });

  const [custom, version] = [cluster.api(CustomObjectsApi), cluster.api(VersionApi)];
  void every(metricsMs, async () => {
    const answer = await version.getCode().catch(() => undefined);
    lostAt = answer === undefined ? lostAt || Date.now() : 0;
    add({ lostAt });
  });
  void every(metricsMs, async () => {
    const readPod = async ({ metadata: { name = '' } = {}, spec }: V1Pod): Promise<void> => {
      const port = spec?.containers[0]?.ports?.find((it) => it.name === 'metrics')?.containerPort;
      if (port === undefined) return;
      const request = { name: `${name}:${port}`, namespace, path: 'metrics' };
      requests.add(name, await core.connectGetNamespacedPodProxyWithPath(request), Date.now());
    };
    await Promise.allSettled(pods.list().filter(isReady).map(readPod)); // a pod that does not answer has no figures
  });
  void every(usageMs, async () => {
    const request = { group: 'metrics.k8s.io', version: 'v1beta1', namespace, plural: 'pods' };
    const read = custom.listNamespacedCustomObject(request) as Promise<PodMetricsList>;
    const { items } = await read.catch(() => ({ items: [] })); // there may be no metrics-server
    usage = new Map(items.map(({ metadata, containers }) => [metadata.name, containers[0]?.usage ?? {}]));
  });
  void every(databaseMs, async () => {
    const row = await readDatabase(pods.list()).catch((error: unknown): Row => ({ state: messageOf(error) }));
    add({ database: [row] });
  });
  const showLine = (line: LogLine): void => add({ logs: [{ text: formatForPeople(line), ...readLine(line) }] });
  const limit = { ...logLimit, exceeded: (logsClosed: number) => add({ logsClosed }) };
  void every(retryMs, () => followLogs(cluster, '', showLine, limit).catch(() => undefined)); // the page shows whether the cluster answers
}

/** What the charts show now, of the pods of the autoscaler `web`, or else of the first one. */
function valuesOf(
  pods: readonly V1Pod[],
  scalers: readonly V2HorizontalPodAutoscaler[],
  { answered, median, p99, errors = {} }: Figures,
): Sample['values'] {
  const scaler = scalers.find(({ metadata }) => metadata?.name === 'web') ?? scalers[0] ?? {};
  const own = pods.filter(({ metadata }) => metadata?.labels?.[appLabel] === scaler.metadata?.name);
  const { wanted, cpu, target } = scalerFigures(scaler);
  return {
    Pods: { ready: own.filter(isReady).length, wanted },
    'CPU, %': { 'mean of pods': cpu, target },
    'Requests/s': { answered },
    'Latency, ms': { median, p99 },
    'Failed requests/s': errors,
  };
}
