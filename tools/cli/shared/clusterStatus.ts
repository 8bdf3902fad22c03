/** What `kubectl get … --output=json` gives, as far as it is shown. */
export interface KubernetesList {
  readonly items: readonly KubernetesObject[];
}

export interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec?: {
    readonly minReplicas?: number;
    readonly maxReplicas?: number;
    readonly metrics?: readonly { readonly resource?: { readonly target: { readonly averageUtilization?: number } } }[];
    readonly resources?: { readonly requests?: { readonly storage?: string } };
  };
  readonly status?: {
    readonly phase?: string;
    readonly currentReplicas?: number;
    readonly desiredReplicas?: number;
    readonly currentMetrics?:
      | readonly { readonly resource?: { readonly current: { readonly averageUtilization?: number } } }[]
      | null;
    readonly containerStatuses?: readonly {
      readonly ready: boolean;
      readonly restartCount: number;
      readonly state: { readonly waiting?: { readonly reason?: string } };
    }[];
  };
}

/** A pod in a row: name, state, restarts. */
export function podRow({ metadata, status }: KubernetesObject): string[] {
  const containers = status?.containerStatuses ?? [];
  const waiting = containers.find(({ state }) => state.waiting)?.state.waiting?.reason;
  const ready = containers.length > 0 && containers.every((container) => container.ready);
  const state = metadata.deletionTimestamp ? 'draining' : ready ? 'ready' : (waiting ?? status?.phase ?? 'unknown');
  return [metadata.name, state, String(containers.reduce((sum, { restartCount }) => sum + restartCount, 0))];
}

/** The autoscaler in a sentence: pods that are and are wanted, and CPU against its target. */
export function describeScaling({ spec, status }: KubernetesObject): string {
  const target = spec?.metrics?.[0]?.resource?.target.averageUtilization;
  const current = status?.currentMetrics?.[0]?.resource?.current.averageUtilization;
  const cpu = current === undefined ? 'no readings yet' : `${current} % of requested CPU`;
  const bounds = `${spec?.minReplicas ?? 1} to ${spec?.maxReplicas}`;
  return `${status?.currentReplicas ?? 0} pods, ${status?.desiredReplicas ?? 0} wanted (${bounds}); ${cpu}, ${target} % aimed at`;
}

/** A volume in a sentence. @param kibibytes used; `undefined` if not known. */
export function describeVolume({ metadata, spec, status }: KubernetesObject, kibibytes: number | undefined): string {
  const used = kibibytes === undefined ? 'use not known' : `${(kibibytes / 1024).toFixed(0)} MiB used`;
  return `${metadata.name}: ${used} of ${spec?.resources?.requests?.storage}, ${status?.phase}`;
}
