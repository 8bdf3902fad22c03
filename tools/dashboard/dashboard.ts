import { setTimeout as wait } from 'node:timers/promises';
import {
  AutoscalingV2Api,
  CoreV1Api,
  CustomObjectsApi,
  type PodMetric,
  type PodMetricsList,
  type V1Pod,
  type V2HorizontalPodAutoscaler,
  VersionApi,
} from '@kubernetes/client-node';
import { messageOf, say } from '../cli/shared/cli';
import { freePort } from '../cli/shared/configuration';
import { followLogs, formatForPeople, type LogLine, readLine } from '../cli/shared/followLogs';
import { StackCluster } from '../cli/shared/kubernetes';
import { describeScaler, isReady, scalerFigures } from '../cli/shared/pods';
import type { StackOutputs } from '../cli/shared/pulumi';
import { databaseReader } from './database';
import { followMarks } from './marks';
import { isMark, type Mark, type Row, type Sample, updateMs } from './messages';
import { Requests } from './requests';
import { type Add, serve } from './server';
import { markOf, PodTable } from './tables';

/** Milliseconds between readings of the services' metrics, and of the database and of what pods use, which is measured each 10 s. */
const [metricsMs, slowMs] = [2000, 10_000];

/** Starts the dashboard of `stack` on the first free port from 4040 on, and prints its URL. */
export async function startDashboard(stack: string, outputs: StackOutputs) {
  const port = await freePort(4040);
  const url = `http://127.0.0.1:${port}`;
  const end = new AbortController();
  process.once('exit', () => end.abort());
  const empty = { scaling: '', pods: [], database: [], events: [], samples: [], logs: [], logsClosed: 0 };
  const add = await serve({ ...empty, stack, url: outputs.url, lostAt: Date.now() }, port, end.signal);
  observe(new StackCluster(outputs), followMarks(stack, end.signal), add, end.signal);
  say(`Dashboard: ${url}`);
  return { url, close: () => end.abort() };
}

/** Adds the state of a stack's namespace until `end`. It continues after a time in which the cluster does not answer. */
function observe(cluster: StackCluster, readMarks: () => Mark[], add: Add, end: AbortSignal): void {
  const { namespace } = cluster;
  const every = async (milliseconds: number, work: () => Promise<void>): Promise<void> => {
    for (; !end.aborted; await wait(milliseconds)) await work().catch(() => undefined);
  };

  const core = cluster.api(CoreV1Api);
  const pods = cluster.cache('/api/v1', 'pods', () => core.listNamespacedPod({ namespace }), end);
  const events = cluster.cache('/api/v1', 'events', () => core.listNamespacedEvent({ namespace }), end);
  const listScalers = () => cluster.api(AutoscalingV2Api).listNamespacedHorizontalPodAutoscaler({ namespace });
  const scalers = cluster.cache('/apis/autoscaling/v2', 'horizontalpodautoscalers', listScalers, end);

  const [podTable, requests, readDatabase] = [new PodTable(), new Requests(), databaseReader(cluster)];
  let usage: readonly PodMetric[] = [];
  let lostAt = Date.now();

  void every(updateMs, async () => {
    const at = Date.now();
    const happened = [...readMarks(), ...events.list().map(markOf)];
    const scaling = scalers.list().map((scaler) => `${scaler.metadata?.name}: ${describeScaler(scaler)}`);
    const shown = scalers.get('web', namespace) ?? scalers.list()[0] ?? {};
    add({
      scaling: scaling.join(' · '),
      pods: podTable.rows(pods.list(), usage, happened),
      events: happened.sort((one, other) => other.at - one.at).filter((it, index) => index < 100 || isMark(it)),
      samples: [{ at, values: lostAt > 0 ? {} : { ...scalingOf(pods.list(), shown), ...requests.values(at) } }],
    });
  });

  const version = cluster.api(VersionApi);
  void every(metricsMs, async () => {
    const at = Date.now();
    const readMetrics = async ({ metadata: { name = '' } = {}, spec }: V1Pod): Promise<boolean> => {
      const port = spec?.containers[0]?.ports?.find((it) => it.name === 'metrics')?.containerPort;
      if (port === undefined) throw new Error('no metrics');
      requests.add(name, await cluster.metrics(name, port), at);
      return true;
    };
    // The metrics of any pod show that the API answers. After a second without them, its version is read.
    const metrics = Promise.any(pods.list().filter(isReady).map(readMetrics));
    const areRead = await Promise.race([metrics, wait(1000, false)]).catch(() => false);
    lostAt = areRead || (await version.getCode().catch(() => false)) ? 0 : lostAt || at;
    add({ lostAt });
  });
  void every(slowMs, async () => {
    const request = { group: 'metrics.k8s.io', version: 'v1beta1', namespace, plural: 'pods' };
    const read = cluster.api(CustomObjectsApi).listNamespacedCustomObject(request) as Promise<PodMetricsList>;
    usage = (await read.catch(() => ({ items: [] }))).items; // there may be no metrics-server
    if (pods.list().length === 0) await wait(1000); // no pod is known at the start
    const fault = (error: unknown): Row => ({ state: `does not answer: ${messageOf(error)}` });
    add({ database: [await readDatabase(pods.list()).catch(fault)] });
  });
  const showLine = (line: LogLine): void => add({ logs: [{ text: formatForPeople(line), ...readLine(line) }] });
  // A followed line costs the cluster about 0.2 ms of CPU, as the kubelet asks containerd for the container's state after each.
  const limit = { lines: 60, ms: 10_000, exceeded: (logsClosed: number) => add({ logsClosed }) };
  void every(1000, () => followLogs(cluster, '', showLine, limit)); // the page shows whether the cluster answers
}

/** Values of the charts for an autoscaler and its pods. */
function scalingOf(pods: readonly V1Pod[], scaler: V2HorizontalPodAutoscaler): Sample['values'] {
  const own = pods.filter(({ metadata }) => metadata?.labels?.['app.kubernetes.io/name'] === scaler.metadata?.name);
  const { wanted, cpu, target } = scalerFigures(scaler);
  return { Pods: { ready: own.filter(isReady).length, wanted }, 'CPU, %': { 'mean of pods': cpu, target } };
}
