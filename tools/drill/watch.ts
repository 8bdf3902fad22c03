import { setTimeout as sleep } from 'node:timers/promises';
import { AutoscalingV2Api, type V1Pod, type V2HorizontalPodAutoscaler } from '@kubernetes/client-node';
import { until } from '../../stack/cluster/until';
import type { StackCluster } from '../cli/shared/kubernetes';
import { isReady, scalerFigures } from '../cli/shared/pods';
import type { Tick } from './load/load';

/** Milliseconds between snapshots: the precision of the drills' times. */
const periodMs = 250;

/** Milliseconds until the API counts as down: shorter than its requests' time-out, so that a hung one delays few snapshots. */
const answerMs = 2000;

/** A pod's progress from scheduled to terminating. */
export type PodState = ReturnType<typeof stateOf>;

/** The service's pods and their autoscaler at one moment. */
export type Snapshot = ReturnType<typeof snapshotOf>;

/** @param at milliseconds since 1970 */
export function snapshotOf(at: number, pods: readonly V1Pod[], scaler: V2HorizontalPodAutoscaler) {
  const { wanted: desired = NaN, cpu } = scalerFigures(scaler);
  return { at, pods: pods.map(stateOf), desired, min: scaler.spec?.minReplicas ?? 1, cpu };
}

export function stateOf(pod: V1Pod) {
  const { metadata, spec, status } = pod;
  const [container] = status?.containerStatuses ?? [];
  return {
    name: metadata?.name ?? '',
    scheduled: spec?.nodeName !== undefined,
    /** Its container is running. */
    started: container?.state?.running !== undefined,
    /** Receives requests: it is not terminating. */
    ready: isReady(pod),
    terminating: metadata?.deletionTimestamp !== undefined,
    restarts: container?.restartCount ?? 0,
    /** Reason of its container's last termination, such as OOMKilled. */
    lastTermination: container?.lastState?.terminated?.reason,
  };
}

/** The pod of that name; `undefined` if it is gone. */
export function podNamed(name: string, { pods }: Snapshot): PodState | undefined {
  return pods.find((pod) => pod.name === name);
}

/** The pods that receive requests. */
export function readyPods({ pods }: Snapshot): PodState[] {
  return pods.filter(({ ready }) => ready);
}

/** Whether there are as many pods as desired, and all are ready. */
export function isSteady(snapshot: Snapshot): boolean {
  return snapshot.pods.length === snapshot.desired && readyPods(snapshot).length === snapshot.desired;
}

/** State of the pods at one moment, or of a load in one second. None while the cluster is down. */
export type Sample = Pick<Tick, 'at'> & Partial<Tick> & Partial<ReturnType<typeof samplesOf>[number]>;

/** One sample of the pods per second. */
export function samplesOf(snapshots: readonly Snapshot[]) {
  const second = (snapshot?: Snapshot): number => Math.floor((snapshot?.at ?? 0) / 1000);
  const first = snapshots.filter((snapshot, index) => second(snapshot) !== second(snapshots[index - 1]));
  return first.map((it) => ({ at: it.at, ready: readyPods(it).length, desired: it.desired, cpu: it.cpu }));
}

export type Watch = ReturnType<typeof watchService>;

/** Takes snapshots of the service's pods and autoscaler until `stop`. There are none while the API does not answer. */
export function watchService(cluster: StackCluster) {
  const snapshots: Snapshot[] = [];
  let stopped = false;
  const read = async (): Promise<Snapshot> => {
    const [pods, scaler] = await Promise.all([
      cluster.pods('app.kubernetes.io/name=web'),
      cluster
        .api(AutoscalingV2Api)
        .readNamespacedHorizontalPodAutoscaler({ namespace: cluster.namespace, name: 'web' }),
    ]);
    return snapshotOf(Date.now(), pods, scaler);
  };
  const record = async (): Promise<void> => {
    while (!stopped) {
      const next = Date.now() + periodMs;
      const snapshot = await Promise.race([read(), sleep(answerMs)]).catch(() => undefined);
      if (snapshot) snapshots.push(snapshot);
      await sleep(Math.max(0, next - Date.now()));
    }
  };
  void record();

  /**
   * The first snapshot since `since` that meets `condition`.
   * @throws an Error that names `what` if there is none within `seconds`.
   */
  const find = (what: string, condition: (it: Snapshot) => boolean, seconds: number, since = Date.now()) =>
    until(what, () => snapshots.find((snapshot) => snapshot.at >= since && condition(snapshot)), seconds * 1000);

  return {
    snapshots,
    until: find,
    /** The next snapshot. */
    next: (seconds = 5) => find('the Kubernetes API answers', () => true, seconds),
    /** The next snapshot with as many pods as desired, all ready. */
    steady: () => find('all pods are ready', isSteady, 90),
    stop: (): void => {
      stopped = true;
    },
  };
}
