import { setTimeout as sleep } from 'node:timers/promises';
import type { Kubectl } from '../../cli/shared/cluster';
import { ApiProxy } from './apiProxy';
import { type Autoscaler, type PodList, type PodMetricsList, type Snapshot, snapshotOf } from './snapshot';

/** Milliseconds between two looks: how exact the drills' times are. */
const periodMs = 250;

/** Looks at the service's pods all the time. While the API does not answer there is a gap in `snapshots`. */
export class Watch {
  readonly snapshots: Snapshot[] = [];
  #running = true;
  readonly #loop: Promise<void>;

  private constructor(
    private readonly api: ApiProxy,
    private readonly namespace: string,
  ) {
    this.#loop = this.#run();
  }

  static async start(kubectl: Kubectl, namespace: string): Promise<Watch> {
    return new Watch(await ApiProxy.open(kubectl), namespace);
  }

  /** The first snapshot from `since` on for which `condition` holds. Rejects, naming `what`, if there is none within `seconds`. */
  async until(
    what: string,
    condition: (snapshot: Snapshot) => boolean,
    seconds: number,
    since = Date.now(),
  ): Promise<Snapshot> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const found = this.snapshots.find((snapshot) => snapshot.at >= since && condition(snapshot));
      if (found) return found;
      if (Date.now() > deadline) throw new Error(`Not within ${seconds} s: ${what}.`);
      await sleep(50);
    }
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#loop;
    this.api.close();
  }

  async #run(): Promise<void> {
    while (this.#running) {
      const at = Date.now();
      const snapshot = await this.#look().catch(() => undefined); // a cluster that is down is a drill's business
      if (snapshot) this.snapshots.push(snapshot);
      await sleep(Math.max(0, at + periodMs - Date.now()));
    }
  }

  async #look(): Promise<Snapshot> {
    const query = `${this.namespace}/pods?labelSelector=app.kubernetes.io%2Fname%3Dweb`;
    const [pods, autoscaler, metrics] = await Promise.all([
      this.api.get<PodList>(`/api/v1/namespaces/${query}`),
      this.api.get<Autoscaler>(`/apis/autoscaling/v2/namespaces/${this.namespace}/horizontalpodautoscalers/web`),
      this.api
        .get<PodMetricsList>(`/apis/metrics.k8s.io/v1beta1/namespaces/${query}`)
        .catch((): PodMetricsList => ({ items: [] })), // metrics-server may be away by itself
    ]);
    return snapshotOf(Date.now(), pods, autoscaler, metrics);
  }
}
