import type { V1Pod } from '@kubernetes/client-node';
import { isReady, type State } from '../messages';
import { cores, duration, element, fillTable, mebibytes, meter } from './dom';

/** Milliseconds that a pod which is gone is still shown. */
const goneMs = 15_000;
/** Reasons to wait that each new container has. */
const ordinary = ['ContainerCreating', 'PodInitializing', undefined];

/** Pods as they were seen last, and when: those that are gone too, for a while. */
const seen = new Map<string, { readonly pod: V1Pod; readonly at: number }>();

/** Shows the pods that there are, and those that have just gone. */
export function showPods({ pods, usage, code }: State): void {
  const now = Date.now();
  const own = pods.filter(({ status }) => status?.phase !== 'Succeeded'); // a Job is done
  for (const pod of own) seen.set(pod.metadata?.name ?? '', { pod, at: now });
  for (const [name, { at }] of seen) if (now > at + goneMs) seen.delete(name);
  const rows = [...seen].map(([name, { pod, at }]) => {
    const { metadata, spec, status } = pod;
    const { image = '', resources: { requests, limits } = {} } = spec?.containers[0] ?? {};
    const digest = /@sha256:(\w{12})/.exec(image)?.[1] ?? image.split('/').at(-1) ?? '';
    const state = at < now ? 'gone' : stateOf(pod);
    return [
      element('code', '', name),
      element('span', '', element('span', `pill ${state.replace(' ', '-')}`, state), ` ${reasonOf(pod)}`),
      duration(now - Number(new Date(metadata?.creationTimestamp ?? now))),
      String((status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0)),
      meter([usage[name]?.cpu, requests?.cpu, limits?.cpu], cores),
      meter([usage[name]?.memory, requests?.memory, limits?.memory], mebibytes),
      element('code', '', code[name] ?? digest),
    ];
  });
  fillTable('pods', ['pod', 'state, last reason', 'age', 'restarts', 'CPU', 'memory', 'code'], rows);
}

function stateOf(pod: V1Pod): string {
  const [container] = pod.status?.containerStatuses ?? [];
  if (pod.metadata?.deletionTimestamp) return 'draining';
  if (isReady(pod)) return 'ready';
  if (!ordinary.includes(container?.state?.waiting?.reason) || container?.state?.terminated) return 'failing';
  if (!pod.spec?.nodeName) return 'pending';
  return container?.started ? 'not ready' : 'starting';
}

function reasonOf({ status }: V1Pod): string {
  const { state, lastState } = status?.containerStatuses?.[0] ?? {};
  const waiting = state?.waiting?.reason;
  const ended = state?.terminated ?? lastState?.terminated;
  const unscheduled = status?.conditions?.find(({ type, status: met }) => type === 'PodScheduled' && met === 'False');
  const exit = ended && `${ended.reason} (exit code ${ended.exitCode})`;
  const reasons = [ordinary.includes(waiting) ? undefined : waiting, unscheduled?.reason, status?.reason, exit];
  return reasons.filter(Boolean).join(', ');
}
