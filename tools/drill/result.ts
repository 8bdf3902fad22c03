import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../cli/shared/cli';
import { readResults, saveResult } from '../report';
import type { Outcome } from './drill';
import type { Tick } from './load/plan';
import { plot } from './plot';
import { readyPods, type Snapshot } from './snapshot';

/** A drill as it went. This is what is saved. */
export interface Result extends Outcome {
  readonly name: string;
  readonly title: string;
  readonly events: readonly Event[];
  readonly series: readonly Second[];
  readonly taken: Taken;
}

export interface Event {
  /** Seconds since the drill's start. */
  readonly at: number;
  readonly text: string;
}

/** When, on what, with which database. */
export interface Taken {
  readonly date: string;
  readonly machine: string;
  readonly database: string;
  /** Whether it was a quick run. */
  readonly quick: boolean;
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
    return {
      at,
      ...(snapshot && { ready: readyPods(snapshot).length, desired: snapshot.desired }),
      ...(snapshot?.cpu !== undefined && { cpu: Math.round(snapshot.cpu) }),
      ...(tick && {
        answered: sum(reported.map(({ answered }) => answered)),
        failed: sum(reported.map(({ failed }) => failed)),
      }),
      ...(tick?.latency && { median: round(tick.latency.median), p99: round(tick.latency.p99) }),
    };
  });
}

/**
 * Saves `result` as JSON, and draws the plot anew from the last results of `names`, in this order. Returns the file's path. A quick
 * run has its own files: its figures must not replace full ones.
 */
export function save(result: Result, names: readonly string[]): string {
  const full = join(root, 'tools/drill/results');
  const folder = result.taken.quick ? join(full, 'quick') : full;
  const image = result.taken.quick ? join(folder, 'drill.svg') : join(root, 'docs/images/drill.svg');
  const file = saveResult(folder, result);
  mkdirSync(dirname(image), { recursive: true });
  writeFileSync(image, plot(readResults<Result>(folder, names)));
  return file;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
