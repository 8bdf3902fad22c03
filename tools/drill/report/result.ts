import type { Outcome } from '../drill';
import type { Tick } from '../load/plan';
import { readyPods, type Snapshot } from '../watch/snapshot';

/** A drill as it went: what is saved. */
export interface Result extends Outcome {
  readonly name: string;
  readonly title: string;
  readonly events: readonly Event[];
  readonly series: readonly Second[];
  readonly taken: Taken;
}

export interface Event {
  /** Seconds since the drill began. */
  readonly at: number;
  readonly text: string;
}

/** When, on what, with which database. */
export interface Taken {
  readonly date: string;
  readonly machine: string;
  readonly database: string;
  /** Whether it was run to be done soon. */
  readonly quick: boolean;
}

/** One second of a drill. What could not be seen is left out: a cluster that is down shows nothing. */
export interface Second {
  /** Since the drill began. */
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
  const within = ({ at }: { readonly at: number }, second: number): boolean =>
    Math.floor((at - start) / 1000) === second;
  return Array.from({ length: Math.ceil((end - start) / 1000) }, (_, at): Second => {
    const snapshot = snapshots.findLast((candidate) => within(candidate, at));
    const reported = ticks.filter((candidate) => within(candidate, at)); // by turns none and two, where they come at the turn of a second
    const [tick] = reported;
    return {
      at,
      ...(snapshot && { ready: readyPods(snapshot).length, desired: snapshot.desired }),
      ...(snapshot?.cpu !== undefined && { cpu: Math.round(snapshot.cpu) }),
      ...(tick && {
        answered: sum(reported, ({ answered }) => answered),
        failed: sum(reported, ({ failed }) => failed),
      }),
      ...(tick?.latency && { median: round(tick.latency.median), p99: round(tick.latency.p99) }),
    };
  });
}

function sum(ticks: readonly Tick[], count: (tick: Tick) => number): number {
  return ticks.reduce((total, tick) => total + count(tick), 0);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
