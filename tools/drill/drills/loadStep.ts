import { setTimeout as sleep } from 'node:timers/promises';
import { metricsPort } from '../../../service/contract';
import { readBuckets } from '../../dashboard/requests';
import { type Drill, holds, noFailure, within } from '../drill';
import { highLoad } from '../load/load';
import { type PodState, readyPods, type Snapshot } from '../watch';

/** Seconds in which the requests of each pod are counted: hundreds of new connections per pod. */
const countSeconds = 20;

/** Seconds in which the autoscaler has read the pods' CPU twice: then it has all the pods that it wants. */
const settledSeconds = 25;

/** A sudden load: how soon are there more pods, and do all of them get requests? */
export const loadStep: Drill = {
  name: 'load-step',
  title: 'Load steps up',
  async run({ cluster, watch, mark, observe, load: startLoad, verdicts }) {
    await watch.idle();
    const low = startLoad();
    await sleep(5000);

    const before = new Set(watch.now().pods.map(({ name }) => name));
    const start = mark('load steps up');
    const high = startLoad(highLoad);
    const newPod = async (what: string, condition: (pod: PodState) => boolean): Promise<number> => {
      const isThere = ({ pods }: Snapshot) => pods.some((pod) => !before.has(pod.name) && condition(pod));
      return (await observe(what, isThere, 90)).at;
    };
    await observe('the autoscaler wants more pods', (it) => it.desired > it.min, 90);
    await newPod('a new pod is created', () => true);
    await newPod('a new pod is scheduled', (pod) => pod.scheduled);
    const started = await newPod("a new pod's container runs", (pod) => pod.started);
    const ready = await newPod('a new pod is ready', (pod) => pod.ready);
    await sleep(settledSeconds * 1000);
    const settled = await watch.steady();
    mark(`${settled.desired} pods, all ready`);
    const count = (): Promise<number[]> =>
      Promise.all(readyPods(settled).map(async ({ name }) => countRequests(await cluster.metrics(name, metricsPort))));
    const earlier = await count();
    await sleep(countSeconds * 1000);
    const spread = spreadOf((await count()).map((requests, index) => requests - (earlier[index] ?? NaN)));
    await Promise.all([low.stop(), high.stop()]);

    const reached = `${spread.text}; the largest deviation is ${spread.worst.toFixed(0)} %`;
    verdicts.push(
      within('load to first new pod ready', (ready - start) / 1000, 30),
      within('pod started to ready', (ready - started) / 1000, 2),
      holds('requests spread evenly', spread.worst <= 25, reached),
      noFailure('requests failed', [low, high]),
    );
  },
};

/** The requests in a pod's metrics, without probes. */
export function countRequests(metrics: string): number {
  return readBuckets(metrics).reduce((sum, { seconds, count }) => sum + (seconds === Infinity ? count : 0), 0);
}

/** The largest deviation of `counts` from their mean, in percent. */
export function spreadOf(counts: readonly number[]): { readonly worst: number; readonly text: string } {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return {
    worst: Math.max(...counts.map((count) => Math.abs(count / mean - 1) * 100)),
    text: counts.map((count) => `${((count / mean) * 100).toFixed(0)} %`).join(', '),
  };
}
