import { AutoscalingV2Api, CoreV1Api, type V1Pod, type V2HorizontalPodAutoscaler } from '@kubernetes/client-node';
import { until } from '../../stack/cluster/until';
import type { StackCluster } from '../cli/shared/kubernetes';
import { isReady, scalerFigures } from '../cli/shared/pods';

/** A pod's progress from scheduled to terminating. */
export type PodState = ReturnType<typeof stateOf>;

/** The service's pods and their autoscaler at one moment. */
export type Snapshot = ReturnType<typeof snapshotOf>;

/** `desired` and `min` are NaN while they are not known: no comparison with them is true. @param at milliseconds since 1970 */
export function snapshotOf(at: number, pods: readonly V1Pod[], scaler: V2HorizontalPodAutoscaler) {
  const { wanted: desired = NaN } = scalerFigures(scaler);
  const min = scaler.spec ? (scaler.spec.minReplicas ?? 1) : NaN;
  return { at, pods: pods.map(stateOf), desired, min };
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

/** Whether the container of `pod` has restarted since, and is ready. */
export function isBack({ name, restarts }: PodState, snapshot: Snapshot): boolean {
  return readyPods(snapshot).some((pod) => pod.name === name && pod.restarts > restarts);
}

/** The pods that receive requests. */
export function readyPods({ pods }: Snapshot): PodState[] {
  return pods.filter(({ ready }) => ready);
}

/** Whether there are as many pods as desired, and all are ready. */
export function isSteady(snapshot: Snapshot): boolean {
  return snapshot.pods.length === snapshot.desired && readyPods(snapshot).length === snapshot.desired;
}

export type Watch = ReturnType<typeof watchService>;

/** Watches the service's pods and autoscaler until `end`. */
export function watchService(cluster: StackCluster, end: AbortSignal) {
  const { namespace } = cluster;
  const listPods = () => cluster.api(CoreV1Api).listNamespacedPod({ namespace });
  const pods = cluster.cache('/api/v1', 'pods', listPods, end);
  const listScalers = () => cluster.api(AutoscalingV2Api).listNamespacedHorizontalPodAutoscaler({ namespace });
  const scalers = cluster.cache('/apis/autoscaling/v2', 'horizontalpodautoscalers', listScalers, end);
  const isOurs = ({ metadata }: V1Pod): boolean => metadata?.labels?.['app.kubernetes.io/name'] === 'web';

  /** The current state. While the API does not answer, it is the last one that is known. */
  const now = (): Snapshot => snapshotOf(Date.now(), pods.list().filter(isOurs), scalers.get('web', namespace) ?? {});

  /**
   * The first state from now on that meets `condition`.
   * @throws an Error that names `what` if there is none within `seconds`.
   */
  const find = (what: string, condition: (it: Snapshot) => boolean, seconds = 60): Promise<Snapshot> => {
    const check = (): Snapshot | false => {
      const snapshot = now();
      return condition(snapshot) && snapshot;
    };
    return until(what, check, seconds * 1000, 20);
  };

  return {
    now,
    until: find,
    /** The first state with as many pods as desired, all ready. */
    steady: () => find('all pods are ready', isSteady, 90),
    /** The first state with the minimum number of pods, all ready: those that an earlier load added are gone. */
    idle: () =>
      find(
        'the service has its minimum number of pods (if not, it has other load: npm run status)',
        (it) => it.desired === it.min && isSteady(it),
        600,
      ),
  };
}
