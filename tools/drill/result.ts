import { formatTable } from '../cli/shared/cli';
import type { Tick } from './load/load';
import { readyPods, type Snapshot } from './watch';

/** A drill as it went. This is what is saved. All times are milliseconds since 1970. */
export interface Result {
  readonly name: string;
  readonly title: string;
  readonly start: number;
  readonly end: number;
  readonly verdicts: readonly Verdict[];
  /** What a reader of the figures must know. */
  readonly notes: readonly string[];
  readonly events: readonly Event[];
  /** Of pods and of load, each in the order of time. */
  readonly samples: readonly Sample[];
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
  readonly at: number;
  readonly text: string;
}

/** What was seen of the pods at one moment, or of a load in one second. There is none of a cluster that is down. */
export type Sample = Pick<Tick, 'at'> & Partial<Tick> & Partial<Pick<Snapshot, 'desired' | 'cpu'>> & { ready?: number };

/** One sample of the pods for each second. */
export function samplesOf(snapshots: readonly Snapshot[]): Sample[] {
  const second = (snapshot?: Snapshot): number => Math.floor((snapshot?.at ?? 0) / 1000);
  const first = snapshots.filter((snapshot, index) => second(snapshot) !== second(snapshots[index - 1]));
  return first.map((it) => ({ at: it.at, ready: readyPods(it).length, desired: it.desired, cpu: it.cpu }));
}

/** Whether there were limits, and all were kept. */
export function isPassed({ verdicts }: Pick<Result, 'verdicts'>): boolean {
  return verdicts.length > 0 && verdicts.every(({ met }) => met);
}

/** When `event` happened, and what, such as `   0.5 s  load steps up`. */
export function formatEvent({ at, text }: Event, start: number): string {
  return `${Math.max(0, (at - start) / 1000)
    .toFixed(1)
    .padStart(6)} s  ${text}`;
}

/** A result for the terminal: what happened when, and each limit with its source. */
export function table(result: Result): string {
  const { title, start, events, verdicts, notes } = result;
  const verdictRows = verdicts.map((it) => [it.met ? 'ok' : 'FAILS', it.text, it.reached, it.limit, it.source]);
  const parts = [
    events.map((event) => formatEvent(event, start)).join('\n'),
    formatTable(['', 'what', 'reached', 'limit', 'its source'], verdictRows),
    notes.join('\n'),
  ];
  const heading = `${isPassed(result) ? 'PASSED' : 'FAILED'}  ${title}`;
  return [heading, ...parts.filter((part) => part !== '').map((part) => part.replace(/^/gm, '  '))].join('\n\n');
}
