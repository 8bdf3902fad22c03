import type { Sample } from './messages';

/** A bucket of the histogram in service/platform/metrics.ts: requests of a method, route and status within `le` seconds. */
const line = /^http_request_duration_seconds_bucket\{(.*)\} (\S+)$/gm;
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Milliseconds over which rates are taken. */
const windowMs = 6000;

/** The requests of the last seconds, probes left out, from what pods say of all since their start. */
export class Requests {
  readonly #readings = new Map<string, { readonly at: number; readonly counts: ReadonlyMap<string, number> }[]>();

  /** Adds what the `/metrics` of `pod` said at `at`. */
  add(pod: string, text: string, at: number): void {
    const counts = new Map<string, number>();
    for (const [, all = '', value] of text.matchAll(line)) {
      const labels = Object.fromEntries([...all.matchAll(label)].map(([, name, content]) => [name, content]));
      const { method, route = '', status, le = '' } = labels as Record<string, string | undefined>;
      const key = [`${method} ${route}`, status, le.replace('+Inf', 'Infinity')].join('\n');
      if (!route.startsWith('/health')) counts.set(key, Number(value));
    }
    this.#readings.set(pod, [...this.#recent(pod, at), { at, counts }]);
  }

  /** Of all pods together; empty if none was read twice within the last seconds. */
  figures(now: number): Pick<Sample, 'answered' | 'median' | 'p99' | 'errors'> {
    /** Requests per second by the seconds that they took at most. */
    const within = new Map([[Infinity, 0]]);
    const errors: Record<string, number> = {};
    const pairs = [...this.#readings.keys()].map((pod) => [this.#recent(pod, now)[0], this.#recent(pod, now).at(-1)]);
    for (const [first, last] of pairs) {
      for (const [key, count] of last?.counts ?? []) {
        const [route = '', status, bound] = key.split('\n');
        // Above 0: a container that was started again counts from 0.
        const perSecond = ((count - (first?.counts.get(key) ?? 0)) * 1000) / ((last?.at ?? 0) - (first?.at ?? 0));
        if (!(perSecond > 0)) continue;
        within.set(Number(bound), (within.get(Number(bound)) ?? 0) + perSecond);
        if (bound === 'Infinity' && Number(status) >= 500) errors[route] = (errors[route] ?? 0) + perSecond;
      }
    }
    const answered = within.get(Infinity) ?? 0;
    const latency = { median: quantile(within, answered / 2), p99: quantile(within, answered * 0.99) };
    if (answered > 0) return { answered, errors, ...latency };
    return pairs.some(([first, last]) => first !== last) ? { answered, errors } : {};
  }

  #recent(pod: string, now: number) {
    return (this.#readings.get(pod) ?? []).filter(({ at }) => at > now - windowMs);
  }
}

/** Milliseconds that `rank` requests took at most. Within a bucket they count as spread evenly, as in Prometheus. */
function quantile(within: ReadonlyMap<number, number>, rank: number): number {
  let [low, below] = [0, 0];
  for (const [bound, count] of [...within].sort(([one], [other]) => one - other)) {
    if (bound === Infinity) break;
    if (count >= rank) return 1000 * (low + ((bound - low) * (rank - below)) / (count - below));
    [low, below] = [bound, count];
  }
  return low * 1000;
}
