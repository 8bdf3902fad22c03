/** A bucket of the histogram in service/platform/metrics.ts: requests of a method, route and status that took at most `le` seconds. */
const bucketLine = /^http_request_duration_seconds_bucket\{(.*)\} (\S+)$/gm;
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Requests since a service's start of a route, such as `GET /data`, that took at most `seconds`, Infinity for all of them. */
type Bucket = ReturnType<typeof readBuckets>[number];

/** The requests in a pod's `/metrics`, without those of the kubelet's probes. */
export function readBuckets(metrics: string) {
  return [...metrics.matchAll(bucketLine)].flatMap(([, labels = '', count]) => {
    const values = new Map([...labels.matchAll(label)].map(([, name, value]) => [name, value]));
    const [path, le] = [values.get('route') ?? '', values.get('le')];
    if (path.startsWith('/health')) return [];
    const seconds = le === '+Inf' ? Infinity : Number(le);
    return [
      { route: `${values.get('method')} ${path}`, status: Number(values.get('status')), seconds, count: Number(count) },
    ];
  });
}

/** Milliseconds over which rates are taken. */
const windowMs = 6000;

/** Per second, and in milliseconds. What is not known is left out. */
export type Figures = { answered?: number; median?: number; p99?: number; errors?: Readonly<Record<string, number>> };

/** The requests of the last seconds, from what pods say of all since their start. */
export class Requests {
  readonly #readings = new Map<string, { readonly at: number; readonly buckets: ReadonlyMap<string, Bucket> }[]>();

  /** Adds what the `/metrics` of `pod` said at `at`. */
  add(pod: string, metrics: string, at: number): void {
    const buckets = new Map(readBuckets(metrics).map((it) => [`${it.route} ${it.status} ${it.seconds}`, it]));
    this.#readings.set(pod, [...this.#recent(pod, at), { at, buckets }]);
  }

  /** Of all pods together, per second and in milliseconds; empty if none was read twice within the last seconds. */
  figures(now: number): Figures {
    /** Requests per second by the seconds that they took at most. */
    const within = new Map<number, number>();
    const errors: Record<string, number> = {};
    for (const pod of this.#readings.keys()) {
      const [first, last] = [this.#recent(pod, now)[0], this.#recent(pod, now).at(-1)];
      if (first === undefined || last === undefined || first === last) continue;
      within.set(Infinity, within.get(Infinity) ?? 0);
      for (const [key, { route, status, seconds, count }] of last.buckets) {
        const before = first.buckets.get(key)?.count ?? 0;
        const perSecond = Math.max(0, ((count - before) * 1000) / (last.at - first.at)); // a new container counts from 0
        within.set(seconds, (within.get(seconds) ?? 0) + perSecond);
        if (perSecond > 0 && seconds === Infinity && status >= 500) errors[route] = (errors[route] ?? 0) + perSecond;
      }
    }
    const answered = within.get(Infinity);
    if (answered === undefined) return {};
    const latency = { median: quantile(within, answered / 2), p99: quantile(within, answered * 0.99) };
    return { answered, errors, ...(answered > 0 && latency) };
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
