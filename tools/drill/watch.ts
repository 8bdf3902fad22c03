import { setTimeout as sleep } from 'node:timers/promises';
import { AutoscalingV2Api, Metrics, type PodMetric } from '@kubernetes/client-node';
import type { StackCluster } from '../cli/shared/kubernetes';
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

  constructor(cluster: StackCluster) {
    void this.#record(cluster);
  }

  /**
   * The first snapshot from `since` on for which `condition` holds.
   * @throws an Error that names `what` if there is none within `seconds`.
   */
  until(what: string, condition: (it: Snapshot) => boolean, seconds: number, since = Date.now()): Promise<Snapshot> {
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

  async #record(cluster: StackCluster): Promise<void> {
    const { namespace } = cluster;
    const autoscaling = cluster.api(AutoscalingV2Api);
    const metrics = new Metrics(cluster.config);
    const read = async (): Promise<Snapshot> => {
      const [pods, autoscaler, { items }] = await Promise.all([
        cluster.pods('app.kubernetes.io/name=web'),
        autoscaling.readNamespacedHorizontalPodAutoscaler({ namespace, name: 'web' }),
        metrics.getPodMetrics(namespace).catch((): { items: PodMetric[] } => ({ items: [] })), // it may be down by itself
      ]);
      return snapshotOf(Date.now(), pods, autoscaler, items);
    };
    while (!this.#stopped) {
      const next = Date.now() + periodMs;
      const snapshot = await Promise.race([read(), sleep(timeoutMs)]).catch(() => undefined);
      if (snapshot) this.snapshots.push(snapshot);
      await sleep(Math.max(0, next - Date.now()));
    }
  }
}
