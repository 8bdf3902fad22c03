import type { PodMetric, V1Pod, V2HorizontalPodAutoscaler } from '@kubernetes/client-node';

export interface PodState {
  readonly name: string;
  readonly scheduled: boolean;
  /** Its container runs. */
  readonly started: boolean;
  readonly ready: boolean;
  readonly terminating: boolean;
  readonly restarts: number;
  /** Why its container ended last, such as OOMKilled. */
  readonly lastTermination: string | undefined;
  /** CPU that it used when it was last measured, in millicores; undefined if it was not yet. */
  readonly cpu: number | undefined;
}

/** The service's pods and their autoscaler at one moment. */
export interface Snapshot {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly pods: readonly PodState[];
  /** Pods that the autoscaler wants. */
  readonly desired: number;
  readonly min: number;
  readonly max: number;
  /** Percent of requested CPU, the mean of the pods that were measured: what the autoscaler compares with `target`. */
  readonly cpu: number | undefined;
  /** Percent. */
  readonly target: number;
}

export function snapshotOf(
  at: number,
  pods: readonly V1Pod[],
  { spec, status }: V2HorizontalPodAutoscaler,
  metrics: readonly PodMetric[],
): Snapshot {
  const states = pods.map((pod) => stateOf(pod, metrics));
  const request = pods[0]?.spec?.containers[0]?.resources?.requests?.cpu ?? '0';
  return {
    at,
    pods: states,
    desired: status?.desiredReplicas ?? NaN,
    min: spec?.minReplicas ?? 1,
    max: spec?.maxReplicas ?? NaN,
    cpu: cpuPercent(
      states.map(({ cpu }) => cpu),
      millicores(request),
    ),
    target: spec?.metrics?.[0]?.resource?.target.averageUtilization ?? NaN,
  };
}

/** Pods that take requests. */
export function readyPods({ pods }: Snapshot): PodState[] {
  return pods.filter(({ ready, terminating }) => ready && !terminating);
}

/** Whether there are as many pods as the autoscaler wants, and all are ready. */
export function isSteady({ pods, desired }: Snapshot): boolean {
  return pods.length === desired && pods.every(({ ready, terminating }) => ready && !terminating);
}

const millicoresPer: Readonly<Record<string, number>> = { n: 1e-6, u: 1e-3, m: 1, '': 1000 };

/** A Kubernetes CPU quantity, such as `250m` or `1`, in millicores. */
export function millicores(quantity: string): number {
  const [, number, unit = ''] = /^([\d.]+)([num]?)$/.exec(quantity) ?? [];
  if (number === undefined) throw new Error(`'${quantity}' is no quantity of CPU`);
  return Number(number) * (millicoresPer[unit] ?? NaN);
}

/** Mean of `usage` in percent of `request`, both in millicores; undefined if nothing was measured. */
export function cpuPercent(usage: readonly (number | undefined)[], request: number): number | undefined {
  const known = usage.filter((value) => value !== undefined);
  if (known.length === 0 || request === 0) return undefined;
  return (known.reduce((sum, value) => sum + value, 0) / known.length / request) * 100;
}

/** A pod's state, its CPU from `metrics`. */
export function stateOf({ metadata, spec, status }: V1Pod, metrics: readonly PodMetric[] = []): PodState {
  const [container] = status?.containerStatuses ?? [];
  const measured = metrics.find((metric) => metric.metadata.name === metadata?.name);
  return {
    name: metadata?.name ?? '',
    scheduled: spec?.nodeName !== undefined,
    started: container?.state?.running !== undefined,
    ready: status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false,
    terminating: metadata?.deletionTimestamp !== undefined,
    restarts: container?.restartCount ?? 0,
    lastTermination: container?.lastState?.terminated?.reason,
    cpu: measured?.containers.reduce((sum, { usage }) => sum + millicores(usage.cpu), 0),
  };
}
