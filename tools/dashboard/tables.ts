import type { CoreV1Event, PodMetric, V1Pod } from '@kubernetes/client-node';
import prettyMilliseconds from 'pretty-ms';
import { isInDevMode, podReason, podRestarts, podState } from '../cli/shared/pods';
import type { Cell, Mark, Row } from './messages';

/** Milliseconds that a deleted pod is still shown. */
const goneMs = 15_000;

/** Existing pods, and those deleted recently. */
export class PodTable {
  readonly #seen = new Map<string, { readonly pod: V1Pod; readonly at: number }>();

  /** @param marks have the code of pods in dev mode, after a save */
  rows(pods: readonly V1Pod[], usage: readonly PodMetric[], marks: readonly Mark[]): Row[] {
    const now = Date.now();
    const own = pods.filter(({ status }) => status?.phase !== 'Succeeded'); // without completed Jobs
    for (const pod of own) this.#seen.set(pod.metadata?.name ?? '', { pod, at: now });
    for (const [name, { at }] of this.#seen) if (now > at + goneMs) this.#seen.delete(name);
    return [...this.#seen].map(([name, { pod, at }]) => {
      const { image = '', resources: { requests, limits } = {} } = pod.spec?.containers[0] ?? {};
      const digest = /@sha256:(\w{12})/.exec(image)?.[1] ?? image.split('/').at(-1) ?? '';
      const used = usage.find(({ metadata }) => metadata.name === name)?.containers[0]?.usage;
      const save = marks.findLast(({ kind, object }) => kind === 'save' && object === name);
      const age = now - Number(new Date(pod.metadata?.creationTimestamp ?? now));
      const state = at < now ? 'gone' : podState(pod);
      return {
        pod: { text: name, style: 'code' },
        state: { text: state, style: `pill ${state.replace(' ', '-')}` },
        'last reason': podReason(pod),
        age: prettyMilliseconds(Math.max(0, age), { compact: true }),
        restarts: String(podRestarts(pod)),
        CPU: meter(used?.cpu, requests?.cpu, limits?.cpu, 0.001, 'm'),
        memory: meter(used?.memory, requests?.memory, limits?.memory, 2 ** 20, ' MiB'),
        code: isInDevMode(pod) ? (save?.text ?? 'dev mode') : digest,
      };
    });
  }
}

/** An event as a mark of its type, or as a rollout. */
export function markOf(event: CoreV1Event): Mark {
  const { lastTimestamp, eventTime, metadata, type = '', reason, involvedObject, message = '' } = event;
  // `pulumi up` creates a new ReplicaSet when it changes the pods' image or configuration.
  const isRollout = reason === 'ScalingReplicaSet' && message.includes(' from 0 ');
  return {
    at: Number(new Date(lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? 0)),
    kind: isRollout ? 'rollout' : type,
    object: involvedObject.name ?? '',
    text: isRollout ? message : `${reason}: ${message}`,
  };
}

const decimal = { n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };
const factors = new Map(Object.entries({ ...decimal, '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 }));
const numberOf = (quantity: string): number =>
  Number.parseFloat(quantity) * (factors.get(quantity.replace(/^[\d.]+/, '')) ?? NaN);

/** `used` in multiples of `unit`, with a bar up to the limit, or up to twice the request. All are Kubernetes quantities. */
export function meter(used = '', request = '', limit = '', unit = 1, suffix = ''): Cell {
  const [value, requested, most] = [numberOf(used), numberOf(request), numberOf(limit)];
  const percent = (part: number): number => Math.min(100, (100 * part) / (most || requested * 2)) || 0;
  return { text: value >= 0 ? `${Math.round(value / unit)}${suffix}` : '–', bar: [percent(value), percent(requested)] };
}
