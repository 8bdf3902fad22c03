import type { RouteRow, Sample } from './messages';

/** The histogram of service/platform/metrics.ts: requests of a method, route and status by the seconds that they took. */
const line = /^http_request_duration_seconds_bucket\{(.*)\} (\S+)$/gm;
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Milliseconds over which the rates of routes are taken. */
const routesMs = 30_000;
/** Milliseconds after which what a pod said last is too old for the present. */
const staleMs = 12_000;

/** Upper bound of each bucket in seconds, and the requests in it and all buckets below. */
type Buckets = ReadonlyMap<number, number>;

/** The requests of one route and status of a pod between two readings. */
interface Delta {
  readonly pod: string;
  readonly at: number;
  readonly seconds: number;
  readonly route: string;
  readonly status: number;
  readonly buckets: Buckets;
}

/** Buckets by `METHOD ROUTE STATUS`, without those of probes. */
export function parseMetrics(text: string): Map<string, Map<number, number>> {
  const all = new Map<string, Map<number, number>>();
  for (const [, labels = '', value] of text.matchAll(line)) {
    const {
      method,
      route = '',
      status,
      le,
    } = Object.fromEntries([...labels.matchAll(label)].map((it) => it.slice(1, 3)));
    if (route.startsWith('/health')) continue;
    const key = `${method} ${route} ${status}`;
    const buckets = all.get(key) ?? new Map<number, number>();
    all.set(key, buckets.set(le === '+Inf' ? Infinity : Number(le), Number(value)));
  }
  return all;
}

/** The requests of the last half minute, from what pods say of all their requests. */
export class Requests {
  readonly #last = new Map<string, { readonly at: number; readonly metrics: ReturnType<typeof parseMetrics> }>();
  #deltas: Delta[] = [];

  /** Adds what the `/metrics` of `pod` said at `at`. */
  add(pod: string, text: string, at: number): void {
    const metrics = parseMetrics(text);
    const last = this.#last.get(pod);
    this.#last.set(pod, { at, metrics });
    if (last === undefined) return;
    const seconds = (at - last.at) / 1000;
    this.#deltas = this.#deltas.filter((delta) => delta.at > at - routesMs);
    // A reading without requests too says that there were none.
    this.#deltas.push({ pod, at, seconds, route: '', status: 0, buckets: new Map() });
    for (const [key, buckets] of metrics) {
      const before = last.metrics.get(key);
      const [total, totalBefore] = [buckets.get(Infinity) ?? 0, before?.get(Infinity) ?? 0];
      const restarted = total < totalBefore; // the pod counts from 0 again
      if (total === totalBefore) continue;
      const entries = [...buckets].map(
        ([bound, count]) => [bound, count - (restarted ? 0 : (before?.get(bound) ?? 0))] as const,
      );
      const [, route = '', status] = /^(.*) (\d+)$/.exec(key) ?? [];
      this.#deltas.push({ pod, at, seconds, route, status: Number(status), buckets: new Map(entries) });
    }
  }

  /** The newest readings of all pods together. */
  sample(now: number): Pick<Sample, 'rate' | 'median' | 'p99' | 'errors'> {
    const newest = [...this.#last].filter(([, { at }]) => at > now - staleMs);
    const deltas = this.#deltas.filter(({ pod, at }) => newest.some(([name, last]) => name === pod && last.at === at));
    if (deltas.length === 0) return {};
    const errors: Record<string, number> = {};
    for (const { route, status, buckets, seconds } of deltas) {
      if (status >= 500)
        errors[`${route} ${status}`] = (errors[`${route} ${status}`] ?? 0) + totalOf(buckets) / seconds;
    }
    const rate = deltas.reduce((sum, { buckets, seconds }) => sum + totalOf(buckets) / seconds, 0);
    return { rate, errors, ...latency(deltas) };
  }

  routes(now: number): RouteRow[] {
    const deltas = this.#deltas.filter(({ at, status }) => at > now - routesMs && status > 0);
    const rows = [...new Set(deltas.map(({ route }) => route))].map((route) => {
      const own = deltas.filter((delta) => delta.route === route);
      const count = (of: readonly Delta[]): number => of.reduce((sum, { buckets }) => sum + totalOf(buckets), 0);
      const failed = count(own.filter(({ status }) => status >= 500)) / count(own);
      return { route, rate: (count(own) * 1000) / routesMs, failed, ...latency(own) };
    });
    return rows.sort((one, other) => other.rate - one.rate);
  }
}

function totalOf(buckets: Buckets): number {
  return buckets.get(Infinity) ?? 0;
}

/** Median and 99th percentile in milliseconds, as exact as the buckets are: within one, requests count as spread evenly. */
function latency(deltas: readonly { readonly buckets: Buckets }[]): Pick<Sample, 'median' | 'p99'> {
  const sums = new Map<number, number>();
  for (const { buckets } of deltas)
    for (const [bound, count] of buckets) sums.set(bound, (sums.get(bound) ?? 0) + count);
  const total = totalOf(sums);
  if (total === 0) return {};
  const bounds = [...sums].sort(([one], [other]) => one - other);
  const quantile = (part: number): number => {
    let [low, below] = [0, 0];
    for (const [bound, count] of bounds) {
      if (count >= part * total)
        return bound === Infinity ? low : low + ((bound - low) * (part * total - below)) / (count - below);
      [low, below] = [bound, count];
    }
    return low;
  };
  return { median: quantile(0.5) * 1000, p99: quantile(0.99) * 1000 };
}
