import { setTimeout as sleep } from 'node:timers/promises';
import { AutoscalingV2Api, CoreV1Api, KubeConfig, Metrics, type PodMetric } from '@kubernetes/client-node';
import type { StackOutputs } from '../cli/shared/outputs';
import { until } from '../until';
import { type Snapshot, snapshotOf } from './snapshot';

/** Milliseconds between two snapshots: how exact the drills' times are. */
const periodMs = 250;

/** Milliseconds after which an API that has not answered counts as down. */
const timeoutMs = 2000;

/** Takes snapshots of the service's pods and autoscaler all the time. While the API does not answer there are none. */
export class Watch {
  readonly snapshots: Snapshot[] = [];
  #stopped = false;

  constructor({ kubeconfig, namespace }: StackOutputs) {
    const config = new KubeConfig();
    config.loadFromString(kubeconfig);
    void this.#record(config, namespace);
  }

  /**
   * The first snapshot from `since` on for which `condition` holds.
   * @throws an Error that names `what` if there is none within `seconds`.
   */
  until(
    what: string,
    condition: (snapshot: Snapshot) => boolean,
    seconds: number,
    since = Date.now(),
  ): Promise<Snapshot> {
    const find = () => this.snapshots.find((snapshot) => snapshot.at >= since && condition(snapshot));
    return until(what, find, seconds * 1000);
  }

  /** The first snapshot from now on. */
  next(seconds = 5): Promise<Snapshot> {
    return this.until("the cluster's API answers", () => true, seconds);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #record(config: KubeConfig, namespace: string): Promise<void> {
    const core = config.makeApiClient(CoreV1Api);
    const autoscaling = config.makeApiClient(AutoscalingV2Api);
    const metrics = new Metrics(config);
    const read = async (): Promise<Snapshot> => {
      const [pods, autoscaler, { items }] = await Promise.all([
        core.listNamespacedPod({ namespace, labelSelector: 'app.kubernetes.io/name=web' }),
        autoscaling.readNamespacedHorizontalPodAutoscaler({ namespace, name: 'web' }),
        metrics.getPodMetrics(namespace).catch((): { items: PodMetric[] } => ({ items: [] })), // it may be down by itself
      ]);
      return snapshotOf(Date.now(), pods.items, autoscaler, items);
    };
    while (!this.#stopped) {
      const next = Date.now() + periodMs;
      const snapshot = await Promise.race([read(), sleep(timeoutMs)]).catch(() => undefined);
      if (snapshot) this.snapshots.push(snapshot);
      await sleep(Math.max(0, next - Date.now()));
    }
  }
}
