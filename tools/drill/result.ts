import { formatTable } from '../cli/shared/cli';
import type { Tick } from './load/load';
import { readyPods, type Snapshot } from './watch';

/** A drill as it went. This is what is saved. */
export interface Result {
  readonly name: string;
  readonly title: string;
  readonly verdicts: readonly Verdict[];
  /** What a reader of the figures must know. */
  readonly notes: readonly string[];
  readonly events: readonly Event[];
  readonly series: readonly Second[];
  /** When, on what, and whether it was a quick run. */
  readonly taken: { readonly date: string; readonly machine: string; readonly quick: boolean };
}

/** A limit, the reason for it, and whether it was kept. */
export interface Verdict {
  readonly text: string;
  readonly limit: string;
  readonly source: string;
  readonly reached: string;
  readonly met: boolean;
}

export interface Event {
  /** Seconds since the drill's start. */
  readonly at: number;
  readonly text: string;
}

/** One second of a drill. What could not be seen is left out: nothing is seen of a cluster that is down. */
export interface Second {
  /** Since the drill's start. */
  readonly at: number;
  readonly ready?: number;
  readonly desired?: number;
  /** Percent of requested CPU, the mean of the pods. */
  readonly cpu?: number;
  /** Requests answered and failed. */
  readonly answered?: number;
  readonly failed?: number;
  /** Milliseconds. */
  readonly median?: number;
  readonly p99?: number;
}

/** What was seen between `start` and `end`, milliseconds since 1970, second by second. */
export function seriesOf(start: number, end: number, snapshots: readonly Snapshot[], ticks: readonly Tick[]): Second[] {
  const isIn = ({ at }: { readonly at: number }, second: number): boolean => Math.floor((at - start) / 1000) === second;
  return Array.from({ length: Math.ceil((end - start) / 1000) }, (_, at): Second => {
    const snapshot = snapshots.findLast((candidate) => isIn(candidate, at));
    const reported = ticks.filter((candidate) => isIn(candidate, at)); // none and then two, if they come late
    const [tick] = reported;
    const sum = (key: 'answered' | 'failed'): number => reported.reduce((total, { [key]: count }) => total + count, 0);
    return {
      at,
      ...(snapshot && { ready: readyPods(snapshot).length, desired: snapshot.desired }),
      ...(snapshot?.cpu !== undefined && { cpu: snapshot.cpu }),
      ...(tick && { answered: sum('answered'), failed: sum('failed') }),
      ...(tick?.latency && { median: round(tick.latency.median), p99: round(tick.latency.p99) }),
    };
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Whether there were limits, and all were kept. */
export function isPassed({ verdicts }: Pick<Result, 'verdicts'>): boolean {
  return verdicts.length > 0 && verdicts.every(({ met }) => met);
}

/** A result for the terminal: what happened when, and each limit with its source. */
export function table(result: Result): string {
  const { title, events, verdicts, notes } = result;
  const verdictRows = verdicts.map((it) => [it.met ? 'ok' : 'FAILS', it.text, it.reached, it.limit, it.source]);
  const parts = [
    events.map(({ at, text }) => `${at.toFixed(1).padStart(6)} s  ${text}`).join('\n'),
    formatTable(['', 'what', 'reached', 'limit', 'its source'], verdictRows),
    notes.join('\n'),
  ];
  const heading = `${isPassed(result) ? 'PASSED' : 'FAILED'}  ${title}`;
  return [heading, ...parts.filter((part) => part !== '').map((part) => part.replace(/^/gm, '  '))].join('\n\n');
}
