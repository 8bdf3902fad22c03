import type { Tick } from './plan';

/** Counts requests, and gives account of them second by second. */
export class Tally {
  #times: number[] = [];
  #failed = 0;

  /** @param ms until the whole reply was there. */
  answered(ms: number): void {
    this.#times.push(ms);
  }

  failed(): void {
    this.#failed += 1;
  }

  /** What was counted since the last call. */
  tick(at: number): Tick {
    const times = this.#times.sort((a, b) => a - b);
    const failed = this.#failed;
    this.#times = [];
    this.#failed = 0;
    return { at, answered: times.length, failed, latency: latencyOf(times) };
  }
}

function latencyOf(sorted: readonly number[]): Tick['latency'] {
  const max = sorted.at(-1);
  if (max === undefined) return undefined;
  // The nearest rank: the least value that the given part of all is not above.
  const at = (part: number): number => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? max;
  return { median: at(0.5), p99: at(0.99), max };
}
