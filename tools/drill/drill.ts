import { formatTable } from '../cli/shared/cli';
import type { Failure } from './load/load';
import type { DrillContext, Result } from './runDrill';

/** Causes a failure or a change, and checks the effects against limits. */
export interface Drill {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  /** Takes many minutes: `--quick` skips it, unless `--only` names it. */
  readonly long?: true;
  /** Required `mongoMembers`. Default: any. */
  readonly members?: 1 | 3;
  /** Rejects only if the drill could not be run. A fault of the stack is a verdict. */
  run(context: DrillContext): Promise<void>;
}

/** The reasons for the limits. */
export const sources = {
  scaling: 'scaling in under 30 s; the Flask version of this stack took 90 s',
  start: "the Flask version's pods were not ready for 10 s",
  noLoss: 'no failed request, no lost write',
  killed: 'the kubelet detects a dead container within about 1 s; updating the endpoints takes another',
  hung: 'readiness probes of webService.ts',
  badUpdate: 'progressDeadlineSeconds in scaledDeployment.ts, and podTimeouts',
  database: "the pod's startup and readiness periods in mongoMember.ts and statefulServer.ts, and its grace of 30 s",
  firstStart: 'mongoConfigure.ts can be run again at any time',
  members: 'electionTimeoutMillis of 3 s in mongoConfigure.ts, and 1 to 2 s until clients discover the new primary',
  evenness: 'each pod within 25 % of the mean',
  memory: 'memory limits of scaledDeployment.ts and mongoMember.ts: a pod over its limit affects no other',
  restart: 'CrashLoopBackOff: 10 s before the second restart of a container, 20 s before the third',
  recovery: 'one `up` restores everything, with all data',
  replicas: 'the autoscaler owns the number of pods: scaledDeployment.ts sets no replicas',
  convergence: 'one `up` restores everything',
} as const;

/** A limit, its source, and whether it was met. */
export interface Verdict {
  readonly text: string;
  readonly limit: string;
  readonly source: string;
  readonly reached: string;
  readonly met: boolean;
}

/** Whether `seconds` is at most `limit`. Infinity: it never happened. */
export function within(text: string, seconds: number, limit: number, source: string): Verdict {
  const reached = seconds === Infinity ? 'never' : `${seconds.toFixed(1)} s`;
  return { text, limit: `${limit} s`, source, reached, met: seconds <= limit };
}

/** Whether none of `requests` failed. Not met without any request. */
export function noFailure(
  text: string,
  { failures, requests }: { readonly failures: readonly Failure[]; readonly requests: number },
  source: string = sources.noLoss,
): Verdict {
  const met = failures.length === 0 && requests > 0;
  return { text, limit: '0', source, reached: `${describe(failures)} of ${requests}`, met };
}

/** Whether every acknowledged write is stored. */
export function nothingLost(acknowledged: number, lost: readonly string[]): Verdict {
  const examples = lost.length > 0 ? `, such as ${lost.slice(0, 3).join(', ')}` : '';
  const reached = `${lost.length} of ${acknowledged}${examples}`;
  const met = lost.length === 0 && acknowledged > 0;
  return { text: 'acknowledged writes lost', limit: '0', source: sources.noLoss, reached, met };
}

/** Whether `text` is true; `reached` is the reason. */
export function holds(text: string, met: boolean, reached: string, source: string): Verdict {
  return { text, limit: 'yes', source, reached, met };
}

/** Failures by kind, such as `3 (2 ECONNRESET, 1 503)`. */
export function describe(failures: readonly Failure[]): string {
  if (failures.length === 0) return '0';
  const counts = new Map<string, number>();
  for (const { kind, reused } of failures) {
    const name = reused && !/^\d+$/.test(kind) ? `${kind} on a kept connection` : kind;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return `${failures.length} (${[...counts].map(([kind, count]) => `${count} ${kind}`).join(', ')})`;
}

/** Whether there are verdicts, and all limits were met. A drill without verdicts has checked nothing. */
export function isPassed({ verdicts }: Pick<Result, 'verdicts'>): boolean {
  return verdicts.length > 0 && verdicts.every(({ met }) => met);
}

/** An event with its time, such as `   0.5 s  load steps up`. */
export function formatEvent({ at, text }: { readonly at: number; readonly text: string }, start: number): string {
  const seconds = Math.max(0, (at - start) / 1000).toFixed(1);
  return `${seconds.padStart(6)} s  ${text}`;
}

/** A result for the terminal: events, and each limit with its source. */
export function table(result: Result): string {
  const { title, start, events, verdicts, notes } = result;
  const verdictRows = verdicts.map((it) => [it.met ? 'ok' : 'FAILS', it.text, it.reached, it.limit, it.source]);
  const parts = [
    events.map((event) => formatEvent(event, start)).join('\n'),
    formatTable(['', 'check', 'result', 'limit', 'source of the limit'], verdictRows),
    notes.join('\n'),
  ];
  const heading = `${isPassed(result) ? 'PASSED' : 'FAILED'}  ${title}`;
  return [heading, ...parts.filter((part) => part !== '').map((part) => part.replace(/^/gm, '  '))].join('\n\n');
}
