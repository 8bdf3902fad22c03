import type { Sample } from './messages';

/** A bucket of the histogram in service/platform/metrics.ts: requests of a method, route and status that took at most `le` seconds. */
const bucketLine = /^http_request_duration_seconds_bucket\{(.*)\} (\S+)$/gm;
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Numbers of requests in a pod's `/metrics` that took at most `seconds`, Infinity for all, by route and status. Without probes. */
export function readBuckets(metrics: string) {
  return [...metrics.matchAll(bucketLine)].flatMap(([, labels = '', count]) => {
    const values = new Map([...labels.matchAll(label)].map(([, name, value]) => [name, value]));
    const [path, le] = [values.get('route') ?? '', values.get('le')];
    if (path.startsWith('/health')) return [];
    const seconds = le === '+Inf' ? Infinity : Number(le);
    const route = `${values.get('method')} ${path}`;
    return [{ key: labels, route, status: Number(values.get('status')), seconds, count: Number(count) }];
  });
}

/** Milliseconds over which rates are computed. */
const windowMs = 6000;

/** The requests of the last seconds, from the pods' counters. */
export class Requests {
  readonly #readings = new Map<string, { readonly at: number; readonly buckets: ReturnType<typeof readBuckets> }[]>();

  /** Adds the `/metrics` of `pod` at `at`, unless a later reading was faster. */
  add(pod: string, metrics: string, at: number): void {
    const known = this.#readings.get(pod) ?? [];
    if (known.every((it) => it.at < at)) this.#readings.set(pod, [...known, { at, buckets: readBuckets(metrics) }]);
  }

  /** Values of the charts, of all pods together; empty if none was read twice within the last seconds. */
  values(now: number): Sample['values'] {
    /** Requests per second by maximum duration in seconds. */
    const within = new Map<number, number>();
    const errors: Record<string, number> = {};
    for (const [pod, readings] of this.#readings) {
      const recent = readings.filter(({ at }) => at > now - windowMs);
      if (recent.length > 0) this.#readings.set(pod, recent);
      else this.#readings.delete(pod);
      const [first, last] = [recent[0], recent.at(-1)];
      if (first === undefined || last === undefined || first === last) continue;
      within.set(Infinity, within.get(Infinity) ?? 0);
      const before = new Map(first.buckets.map(({ key, count }) => [key, count]));
      for (const { key, route, status, seconds, count } of last.buckets) {
        const added = Math.max(0, count - (before.get(key) ?? 0)); // counters of a new container are reset
        const perSecond = (added * 1000) / (last.at - first.at);
        within.set(seconds, (within.get(seconds) ?? 0) + perSecond);
        if (perSecond > 0 && seconds === Infinity && status >= 500) errors[route] = (errors[route] ?? 0) + perSecond;
      }
    }
    const answered = within.get(Infinity);
    if (answered === undefined) return {};
    const latency = { median: quantile(within, answered / 2), p99: quantile(within, answered * 0.99) };
    return { 'Requests/s': { answered }, 'Latency, ms': answered > 0 ? latency : {}, 'Failed requests/s': errors };
  }
}

/** Maximum milliseconds of `rank` requests, interpolated within a bucket as in Prometheus. */
function quantile(within: ReadonlyMap<number, number>, rank: number): number {
  let [low, below] = [0, 0];
  for (const [bound, count] of [...within].sort(([one], [other]) => one - other)) {
    if (bound === Infinity) break;
    if (count >= rank) return 1000 * (low + ((bound - low) * (rank - below)) / (count - below));
    [low, below] = [bound, count];
  }
  return low * 1000;
}
