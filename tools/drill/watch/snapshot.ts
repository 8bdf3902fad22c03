import { cpuPercent, millicores } from './cpu';

/** What the Kubernetes API gives, as far as it is read here. */
export interface PodList {
  readonly items: readonly {
    readonly metadata: {
      readonly name: string;
      readonly creationTimestamp: string;
      readonly deletionTimestamp?: string;
    };
    readonly spec: {
      readonly nodeName?: string;
      readonly containers: readonly { readonly resources: { readonly requests?: { readonly cpu?: string } } }[];
    };
    readonly status: {
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
      readonly containerStatuses?: readonly {
        readonly restartCount: number;
        readonly state: { readonly running?: object };
        readonly lastState: { readonly terminated?: { readonly reason: string } };
      }[];
    };
  }[];
}

export interface Autoscaler {
  readonly spec: {
    readonly minReplicas: number;
    readonly maxReplicas: number;
    readonly metrics: readonly { readonly resource: { readonly target: { readonly averageUtilization: number } } }[];
  };
  readonly status: { readonly desiredReplicas: number };
}

export interface PodMetricsList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly containers: readonly { readonly usage: { readonly cpu: string } }[];
  }[];
}

export interface PodState {
  readonly name: string;
  readonly scheduled: boolean;
  /** Its container runs. */
  readonly started: boolean;
  readonly ready: boolean;
  readonly draining: boolean;
  readonly restarts: number;
  /** Why its container ended last, such as OOMKilled. */
  readonly ended: string | undefined;
  /** Millicores that it used when it was last read; undefined while there is no reading. */
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
  /** Percent of requested CPU, the mean of the pods that have a reading: what the autoscaler goes by. */
  readonly cpu: number | undefined;
  /** Percent that the autoscaler aims at. */
  readonly target: number;
}

export function snapshotOf(at: number, pods: PodList, autoscaler: Autoscaler, metrics: PodMetricsList): Snapshot {
  const usage = new Map(
    metrics.items.map(({ metadata, containers }) => [
      metadata.name,
      containers.reduce((sum, container) => sum + millicores(container.usage.cpu), 0),
    ]),
  );
  const states = pods.items.map(({ metadata, spec, status }): PodState => {
    const [container] = status.containerStatuses ?? [];
    return {
      name: metadata.name,
      scheduled: spec.nodeName !== undefined,
      started: container?.state.running !== undefined,
      ready: status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false,
      draining: metadata.deletionTimestamp !== undefined,
      restarts: container?.restartCount ?? 0,
      ended: container?.lastState.terminated?.reason,
      cpu: usage.get(metadata.name),
    };
  });
  const request = millicores(pods.items[0]?.spec.containers[0]?.resources.requests?.cpu ?? '0');
  const {
    minReplicas: min,
    maxReplicas: max,
    metrics: [metric],
  } = autoscaler.spec;
  return {
    at,
    pods: states,
    desired: autoscaler.status.desiredReplicas,
    min,
    max,
    cpu: cpuPercent(
      states.map(({ cpu }) => cpu),
      request,
    ),
    target: metric?.resource.target.averageUtilization ?? NaN,
  };
}

/** Pods that take requests. */
export function readyPods({ pods }: Snapshot): PodState[] {
  return pods.filter(({ ready, draining }) => ready && !draining);
}
