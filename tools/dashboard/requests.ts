import type { Figures } from './messages';

/** A bucket of the histogram in service/platform/metrics.ts: requests of a method, route and status within `le` seconds. */
const line = /^http_request_duration_seconds_bucket\{(.*)\} (\S+)$/gm;
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Milliseconds of readings that are kept. */
export const keptMs = 30_000;

/** What pods have said of all requests since their start, probes left out. */
export class Requests {
  readonly #readings = new Map<string, { readonly at: number; readonly counts: ReadonlyMap<string, number> }[]>();

  /** Adds what the `/metrics` of `pod` said at `at`. */
  add(pod: string, text: string, at: number): void {
    const counts = new Map<string, number>();
    for (const [, all = '', value] of text.matchAll(line)) {
      const labels = Object.fromEntries([...all.matchAll(label)].map(([, name, content]) => [name, content]));
      const { method, route = '', status, le } = labels as Record<string, string | undefined>;
      if (!route.startsWith('/health')) counts.set([`${method} ${route}`, status, le].join('\n'), Number(value));
    }
    const before = (this.#readings.get(pod) ?? []).filter((reading) => reading.at > at - keptMs);
    this.#readings.set(pod, [...before, { at, counts }]);
  }

  /** Figures of the `ms` before `now` by method and route, and of all together as `''`, if any pod was read twice. */
  figures(now: number, ms: number): Record<string, Figures> {
    const tallies = new Map<string, Tally>();
    for (const readings of this.#readings.values()) {
      const recent = readings.filter(({ at }) => at > now - ms);
      const [first, last] = [recent[0], recent.at(-1)];
      if (first === undefined || last === undefined || first === last) continue;
      tallies.set('', tallies.get('') ?? new Tally());
      for (const [key, count] of last.counts) {
        const [route = '', status, bound = ''] = key.split('\n');
        const perSecond = ((count - (first.counts.get(key) ?? 0)) * 1000) / (last.at - first.at);
        if (perSecond <= 0) continue; // a container that was started again counts from 0
        for (const name of ['', route]) {
          const tally = tallies.get(name) ?? new Tally();
          tallies.set(name, tally.add(Number(status), Number(bound.replace('+Inf', 'Infinity')), perSecond));
        }
      }
    }
    return Object.fromEntries([...tallies].map(([name, tally]) => [name, tally.figures()]));
  }
}

/** Requests per second by the bound in seconds that they took at most. */
class Tally {
  readonly #within = new Map<number, number>();
  #failed = 0;

  add(status: number, bound: number, perSecond: number): this {
    this.#within.set(bound, (this.#within.get(bound) ?? 0) + perSecond);
    if (bound === Infinity && status >= 500) this.#failed += perSecond;
    return this;
  }

  figures(): Figures {
    const rate = this.#within.get(Infinity) ?? 0;
    const latency = rate > 0 && { median: this.#quantile(0.5 * rate), p99: this.#quantile(0.99 * rate) };
    return { rate, failed: this.#failed, ...latency };
  }

  /** Milliseconds that `rank` requests took at most. Within a bucket they count as spread evenly, as in Prometheus. */
  #quantile(rank: number): number {
    let [low, below] = [0, 0];
    for (const [bound, count] of [...this.#within].sort(([one], [other]) => one - other)) {
      if (count >= rank && bound < Infinity) return 1000 * (low + ((bound - low) * (rank - below)) / (count - below));
      if (bound < Infinity) [low, below] = [bound, count];
    }
    return low * 1000;
  }
}
