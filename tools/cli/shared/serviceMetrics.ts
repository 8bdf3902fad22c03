/** A bucket of the histogram in service/platform/metrics.ts: requests of a method, route and status that took at most `le` seconds. */
const bucketLine = /^http_request_duration_seconds_bucket\{(.*)\} (\S+)$/gm;
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Requests since a service's start that took at most `seconds`, Infinity for all of them. */
export interface Bucket {
  /** Such as `GET /data`. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
  readonly count: number;
}

/** The requests in a pod's `/metrics`, without those of the kubelet's probes. */
export function readBuckets(metrics: string): Bucket[] {
  return [...metrics.matchAll(bucketLine)].flatMap(([, labels = '', count]) => {
    const {
      method,
      route = '',
      status,
      le,
    } = Object.fromEntries([...labels.matchAll(label)].map(([, name, value]) => [name, value])) as Record<
      string,
      string | undefined
    >;
    if (route.startsWith('/health')) return [];
    const seconds = le === '+Inf' ? Infinity : Number(le);
    return [{ route: `${method} ${route}`, status: Number(status), seconds, count: Number(count) }];
  });
}
