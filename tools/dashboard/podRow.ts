import type { V1Pod } from '@kubernetes/client-node';
import type { PodRow, PodState, Usage } from './messages';

const appLabel = 'app.kubernetes.io/name';
/** Reasons to wait that each new container has. */
const ordinary = ['ContainerCreating', 'PodInitializing'];

/** A pod as a row of the page, without what it uses. */
export function podRow({ metadata, spec, status }: V1Pod): PodRow {
  const [container] = spec?.containers ?? [];
  const { image = '', resources } = container ?? {};
  const quantities = (name: 'cpu' | 'memory'): Usage => ({
    ...(resources?.requests?.[name] && { request: toNumber(resources.requests[name]) }),
    ...(resources?.limits?.[name] && { limit: toNumber(resources.limits[name]) }),
  });
  const { state, reason } = describeState({ metadata: metadata ?? {}, spec, status } as V1Pod);
  return {
    name: metadata?.name ?? '',
    app: metadata?.labels?.[appLabel] ?? '',
    state,
    created: Number(new Date(metadata?.creationTimestamp ?? 0)), // a watch gives text, a list a Date
    restarts: (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0),
    reason,
    cpu: quantities('cpu'),
    memory: quantities('memory'),
    code: /@sha256:(\w{12})/.exec(image)?.[1] ?? image.split('/').at(-1) ?? '',
  };
}

function describeState({ metadata, spec, status }: V1Pod): { readonly state: PodState; readonly reason: string } {
  const [container] = status?.containerStatuses ?? [];
  const { waiting, terminated = container?.lastState?.terminated } = container?.state ?? {};
  const ended = terminated && `${terminated.reason ?? 'Ended'} (exit code ${terminated.exitCode})`;
  const unschedulable = status?.conditions?.find(({ type, status: met }) => type === 'PodScheduled' && met === 'False');
  const isStuck = waiting?.reason !== undefined && !ordinary.includes(waiting.reason);
  const reason = [isStuck && waiting.reason, unschedulable?.reason, status?.reason, ended].filter(Boolean).join(', ');
  const isReady = status?.conditions?.some(({ type, status: met }) => type === 'Ready' && met === 'True');
  const state = ((): PodState => {
    if (metadata?.deletionTimestamp) return 'draining';
    if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return 'ended';
    if (isReady) return 'ready';
    if (isStuck || container?.state?.terminated) return 'failing';
    if (!spec?.nodeName) return 'pending';
    return container?.started ? 'not ready' : 'starting';
  })();
  return { state, reason };
}

const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** A Kubernetes quantity, such as `200m` or `1Gi`, in cores or bytes. */
export function toNumber(quantity: string): number {
  const [, amount, suffix = ''] = /^([\d.e+-]+)(\D*)$/.exec(quantity) ?? [];
  return Number(amount) * (suffix === '' ? 1 : (factors[suffix] ?? NaN));
}
