/** A bucket of the histogram in service/platform/metrics.ts: requests of a method, route and status that took at most `le` seconds. */
const bucketLine = /^http_request_duration_seconds_bucket\{(.*)\} (\S+)$/gm;
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** The number of requests of a route, such as `GET /data`, since the service's start that took at most `seconds`; Infinity for all. */
type Bucket = ReturnType<typeof readBuckets>[number];

/** The requests in a pod's `/metrics`, without probes. */
export function readBuckets(metrics: string) {
  return [...metrics.matchAll(bucketLine)].flatMap(([, labels = '', count]) => {
    const values = new Map([...labels.matchAll(label)].map(([, name, value]) => [name, value]));
    const [path, le] = [values.get('route') ?? '', values.get('le')];
    if (path.startsWith('/health')) return [];
    const seconds = le === '+Inf' ? Infinity : Number(le);
    const route = `${values.get('method')} ${path}`;
    return [{ route, status: Number(values.get('status')), seconds, count: Number(count) }];
  });
}

/** Milliseconds over which rates are computed. */
const windowMs = 6000;

/** Per second, and in milliseconds. Unknown values are missing. */
export type Figures = { answered?: number; median?: number; p99?: number; errors?: Readonly<Record<string, number>> };

/** The requests of the last seconds, from the pods' counters. */
export class Requests {
  #readings: { readonly pod: string; readonly at: number; readonly buckets: ReadonlyMap<string, Bucket> }[] = [];

  /** Adds the `/metrics` of `pod` at `at`, unless a later reading was faster. */
  add(pod: string, metrics: string, at: number): void {
    if (this.#readings.some((it) => it.pod === pod && it.at >= at)) return;
    const buckets = new Map(readBuckets(metrics).map((it) => [`${it.route} ${it.status} ${it.seconds}`, it]));
    this.#readings = [...this.#readings.filter((it) => it.at > at - windowMs), { pod, at, buckets }];
  }

  /** Figures of all pods together; empty if none was read twice within the last seconds. */
  figures(now: number): Figures {
    const recent = this.#readings.filter(({ at }) => at > now - windowMs);
    /** Requests per second by maximum duration in seconds. */
    const within = new Map<number, number>();
    const errors: Record<string, number> = {};
    for (const last of new Map(recent.map((reading) => [reading.pod, reading])).values()) {
      const first = recent.find(({ pod }) => pod === last.pod);
      if (first === undefined || first === last) continue;
      within.set(Infinity, within.get(Infinity) ?? 0);
      for (const [key, { route, status, seconds, count }] of last.buckets) {
        const before = first.buckets.get(key)?.count ?? 0;
        const perSecond = Math.max(0, ((count - before) * 1000) / (last.at - first.at)); // counters of a new container are reset
        within.set(seconds, (within.get(seconds) ?? 0) + perSecond);
        if (perSecond > 0 && seconds === Infinity && status >= 500) errors[route] = (errors[route] ?? 0) + perSecond;
      }
    }
    const answered = within.get(Infinity);
    if (answered === undefined) return {};
    const latency = { median: quantile(within, answered / 2), p99: quantile(within, answered * 0.99) };
    return { answered, errors, ...(answered > 0 && latency) };
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
