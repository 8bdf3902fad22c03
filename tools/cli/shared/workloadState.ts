import type { V1Pod, V2HorizontalPodAutoscaler } from '@kubernetes/client-node';

// What commands, drills and the dashboard say of pods and autoscalers.

/** Reasons to wait that each new container has. */
const ordinary = ['ContainerCreating', 'PodInitializing', undefined];

/** Whether a pod takes requests. */
export function isReady({ metadata, status }: V1Pod): boolean {
  const met = status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  return met === true && metadata?.deletionTimestamp === undefined;
}

/** How far a pod is, from `pending` to `draining`. */
export function podState(pod: V1Pod): 'draining' | 'ready' | 'failing' | 'pending' | 'not ready' | 'starting' {
  const [container] = pod.status?.containerStatuses ?? [];
  const { waiting, terminated } = container?.state ?? {};
  if (pod.metadata?.deletionTimestamp) return 'draining';
  if (isReady(pod)) return 'ready';
  // An evicted pod has no containers any more.
  if (pod.status?.phase === 'Failed' || terminated || !ordinary.includes(waiting?.reason)) return 'failing';
  if (!pod.spec?.nodeName) return 'pending';
  return container?.started ? 'not ready' : 'starting';
}

/** Why a pod is in its state, and why its container ended last, such as `OOMKilled (exit code 137)`; empty if there is no reason. */
export function podReason({ status }: V1Pod): string {
  const { state, lastState } = status?.containerStatuses?.[0] ?? {};
  const waiting = state?.waiting?.reason;
  const ended = state?.terminated ?? lastState?.terminated;
  const unscheduled = status?.conditions?.find(({ type, status: met }) => type === 'PodScheduled' && met === 'False');
  const exit = ended && `${ended.reason} (exit code ${ended.exitCode})`;
  const reasons = [ordinary.includes(waiting) ? undefined : waiting, unscheduled?.reason, status?.reason, exit];
  return reasons.filter(Boolean).join(', ');
}

/** How often the containers of a pod were started again. */
export function podRestarts({ status }: V1Pod): number {
  return (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
}

/**
 * Pods that an autoscaler wants, and percent of requested CPU: the mean of the pods, as measured last, and its target. `wanted` is undefined
 * until it has metrics: its status then has 0, which is no number that it can want.
 */
export function scalerFigures({ spec, status }: V2HorizontalPodAutoscaler) {
  return {
    wanted: status?.desiredReplicas || undefined,
    cpu: status?.currentMetrics?.[0]?.resource?.current.averageUtilization,
    target: spec?.metrics?.[0]?.resource?.target.averageUtilization,
  };
}

/** An autoscaler in a sentence: pods that are and are wanted, and CPU against its target. */
export function describeScaler(scaler: V2HorizontalPodAutoscaler): string {
  const { spec, status } = scaler;
  const { wanted, cpu, target } = scalerFigures(scaler);
  const bounds = `${spec?.minReplicas ?? 1} to ${spec?.maxReplicas}`;
  if (wanted === undefined) return `no metrics yet (${bounds} pods), target ${target} % of requested CPU`;
  const use = cpu === undefined ? 'no metrics yet' : `${cpu} % of requested CPU`;
  return `${status?.currentReplicas ?? 0} pods, ${wanted} wanted (${bounds}); ${use}, target ${target} %`;
}
