import { setTimeout as wait } from 'node:timers/promises';
import {
  AutoscalingV2Api,
  CoreV1Api,
  type CoreV1Event,
  type KubernetesListObject,
  type KubernetesObject,
  makeInformer,
  type PodMetricsList,
  type V1Pod,
  type V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';
import { followLogs } from '../cli/shared/followLogs';
import type { StackCluster } from '../cli/shared/kubernetes';
import { isInDevMode, readRunningCode } from '../cli/shared/pods';
import { ApiReader } from './apiReader';
import { DatabaseReader } from './database';
import type { Feed } from './feed';
import { logRow } from './logRow';
import type { PodRow, ScalerRow } from './messages';
import { Requests } from './metrics';
import { podRow, toNumber } from './podRow';

/** Milliseconds between readings of the services' `/metrics`; of what pods use, which metrics-server measures each 10 s; of the database. */
const [metricsMs, usageMs, databaseMs] = [2000, 5000, 5000];
/** Milliseconds until a watch that broke is begun again, and that a pod which is gone is still shown. */
const [retryMs, goneMs] = [1000, 15_000];

/** Observes a stack's namespace, until the process ends, and over each time that the cluster does not answer. */
export class ClusterObserver {
  readonly #pods = new Map<string, { readonly pod: V1Pod; readonly row: PodRow }>();
  readonly #scalers = new Map<string, ScalerRow>();
  readonly #used = new Map<string, { readonly cpu: number; readonly memory: number }>();
  readonly #devCode = new Map<string, string>();
  readonly #requests = new Requests();
  readonly #reader: ApiReader;
  readonly #database: DatabaseReader;
  readonly #end = new AbortController();

  constructor(
    private readonly cluster: StackCluster,
    private readonly feed: Feed,
  ) {
    this.#reader = new ApiReader(cluster.config, (connected) => {
      if (connected !== feed.state.connected) feed.set({ connected, since: Date.now() });
    });
    this.#database = new DatabaseReader(cluster);
  }

  start(): void {
    const { namespace } = this.cluster;
    const core = () => this.cluster.api(CoreV1Api);
    const scaling = () => this.cluster.api(AutoscalingV2Api);
    this.#watch<V1Pod>(
      'api/v1',
      'pods',
      () => core().listNamespacedPod({ namespace }),
      (pod, gone) => this.#seePod(pod, gone),
    );
    this.#watch<CoreV1Event>(
      'api/v1',
      'events',
      () => core().listNamespacedEvent({ namespace }),
      (event, gone) => {
        if (!gone) this.#seeEvent(event);
      },
    );
    this.#watch<V2HorizontalPodAutoscaler>(
      'apis/autoscaling/v2',
      'horizontalpodautoscalers',
      () => scaling().listNamespacedHorizontalPodAutoscaler({ namespace }),
      (scaler, gone) => this.#seeScaler(scaler, gone),
    );
    this.#every(metricsMs, () => this.#readMetrics());
    this.#every(usageMs, () => this.#readUsage());
    this.#every(databaseMs, () => this.#readDatabase());
    this.#every(1000, async () => this.#sample());
    this.#every(retryMs, () => followLogs(this.cluster, '', (line) => this.feed.addLog(logRow(line))));
  }

  close(): void {
    this.#end.abort();
    this.#reader.close();
    void this.#database.close().catch(() => undefined);
  }

  /** Reads anew what code the pods in dev mode run. */
  async readDevCode(): Promise<void> {
    const ready = [...this.#pods.values()].filter(({ row }) => row.state === 'ready').map(({ pod }) => pod);
    for (const [name, code] of await readRunningCode(this.cluster, ready)) this.#devCode.set(name, code);
    this.#show();
  }

  /** Calls `work` again and again. What fails is tried again: the page shows that the cluster does not answer. */
  #every(milliseconds: number, work: () => Promise<unknown>): void {
    void (async () => {
      while (!this.#end.signal.aborted) {
        await work().catch(() => undefined);
        await wait(milliseconds, undefined, { ref: false });
      }
    })();
  }

  #watch<T extends KubernetesObject>(
    api: string,
    plural: string,
    list: () => Promise<KubernetesListObject<T>>,
    see: (object: T, gone: boolean) => void,
  ): void {
    const informer = makeInformer(this.cluster.config, `/${api}/namespaces/${this.cluster.namespace}/${plural}`, list);
    informer.on('add', (object) => see(object, false));
    informer.on('update', (object) => see(object, false));
    informer.on('delete', (object) => see(object, true));
    informer.on('error', () => setTimeout(() => !this.#end.signal.aborted && informer.start(), retryMs));
    this.#end.signal.addEventListener('abort', () => void informer.stop());
    void informer.start();
  }

  #seePod(pod: V1Pod, gone: boolean): void {
    const name = pod.metadata?.name ?? '';
    const before = this.#pods.get(name)?.row.state;
    const row = podRow(pod);
    this.#pods.set(name, { pod, row: gone ? { ...row, state: 'gone' } : row });
    if (gone) setTimeout(() => this.#forget(name), goneMs).unref();
    if (row.state === 'ready' && before !== 'ready' && isInDevMode(pod)) void this.readDevCode();
    this.#show();
  }

  #forget(name: string): void {
    if (this.#pods.get(name)?.row.state !== 'gone') return; // a StatefulSet gives a name again
    for (const map of [this.#pods, this.#used, this.#devCode]) map.delete(name);
    this.#show();
  }

  #seeEvent({
    lastTimestamp,
    eventTime,
    metadata,
    type = 'Normal',
    reason = '',
    involvedObject,
    message = '',
  }: CoreV1Event): void {
    const at = Number(new Date(lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? Date.now()));
    // A Deployment gets a new ReplicaSet when `pulumi up` has changed its pods: their image, or their configuration.
    const isRollout = reason === 'ScalingReplicaSet' && / from 0 /.test(message);
    this.feed.addEvent({
      at,
      type: isRollout ? 'Mark' : type,
      reason: isRollout ? 'rollout' : reason,
      object: involvedObject.name ?? '',
      text: message,
    });
  }

  #seeScaler({ metadata, spec, status }: V2HorizontalPodAutoscaler, gone: boolean): void {
    const name = metadata?.name ?? '';
    const cpu = status?.currentMetrics?.[0]?.resource?.current.averageUtilization;
    const target = spec?.metrics?.[0]?.resource?.target.averageUtilization;
    if (gone) this.#scalers.delete(name);
    else
      this.#scalers.set(name, {
        name,
        min: spec?.minReplicas ?? 1,
        max: spec?.maxReplicas ?? 1,
        wanted: status?.desiredReplicas ?? 0,
        ...(cpu !== undefined && { cpu }),
        ...(target !== undefined && { target }),
      });
    this.#show();
  }

  #show(): void {
    const pods = [...this.#pods.values()].map(({ row }): PodRow => {
      const used = this.#used.get(row.name);
      return {
        ...row,
        code: this.#devCode.get(row.name) ?? row.code,
        ...(used && { cpu: { ...row.cpu, used: used.cpu }, memory: { ...row.memory, used: used.memory } }),
      };
    });
    pods.sort((one, other) => one.app.localeCompare(other.app) || one.created - other.created);
    this.feed.set({ pods, scalers: [...this.#scalers.values()] });
  }

  #proxied(): { readonly name: string; readonly path: string }[] {
    return [...this.#pods.values()].flatMap(({ pod: { spec }, row: { name, state } }) => {
      const port = spec?.containers[0]?.ports?.find((it) => it.name === 'metrics')?.containerPort;
      if (port === undefined || !['ready', 'not ready', 'draining'].includes(state)) return [];
      return [{ name, path: `/api/v1/namespaces/${this.cluster.namespace}/pods/${name}:${port}/proxy/metrics` }];
    });
  }

  async #readMetrics(): Promise<void> {
    const read = async ({ name, path }: { name: string; path: string }) =>
      this.#requests.add(name, await this.#reader.get(path), Date.now());
    await Promise.allSettled(this.#proxied().map(read));
    this.feed.set({ routes: this.#requests.routes(Date.now()) });
  }

  async #readUsage(): Promise<void> {
    const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${this.cluster.namespace}/pods`;
    for (const { metadata, containers } of (await this.#reader.getJson<PodMetricsList>(path)).items) {
      const sum = (name: 'cpu' | 'memory') => containers.reduce((total, { usage }) => total + toNumber(usage[name]), 0);
      this.#used.set(metadata.name, { cpu: sum('cpu'), memory: sum('memory') });
    }
    this.#show();
  }

  async #readDatabase(): Promise<void> {
    const ready = [...this.#pods.values()].filter(({ row }) => row.app === 'mongo' && row.state === 'ready');
    const database = await this.#database.read(ready.map(({ pod }) => pod)).catch(() => undefined);
    const { database: _, ...state } = this.feed.state;
    this.feed.set({ ...state, ...(database && { database }) });
  }

  #sample(): void {
    const at = Date.now();
    const { connected, scalers } = this.feed.state;
    const scaler = scalers.find(({ name }) => name === 'web') ?? scalers[0];
    const ready = [...this.#pods.values()].filter(
      ({ row }) => row.app === scaler?.name && row.state === 'ready',
    ).length;
    const { wanted, cpu, target } = scaler ?? {};
    const scaling = {
      ready,
      ...(wanted !== undefined && { wanted }),
      ...(cpu !== undefined && { cpu }),
      ...(target !== undefined && { target }),
    };
    this.feed.addSample({ at, ...(connected && { ...scaling, ...this.#requests.sample(at) }) });
  }
}
