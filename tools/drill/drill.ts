import { formatTable } from '../cli/shared/cli';
import { type Failure, isRetryable } from './load/client';
import type { DrillContext, Result } from './runDrill';

/** Causes a failure or a change, and checks the effects against limits. */
export interface Drill {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  /** Takes many minutes: `--quick` skips it. */
  readonly long?: true;
  /** Required `mongoMembers`. Default: any. */
  readonly members?: 1 | 3;
  /** Rejects only if the drill could not be run. A fault of the stack is a verdict. */
  run(context: DrillContext): Promise<void>;
}

/** A limit, and whether it was met. */
export interface Verdict {
  readonly text: string;
  readonly limit: string;
  readonly reached: string;
  readonly met: boolean;
}

/**
 * Whether `seconds` is at most `limit`. Infinity: it never happened. The figure is rounded up: one above the limit never looks equal
 * to it. `failures` are the requests that failed meanwhile.
 */
export function within(text: string, seconds: number, limit: number, failures: readonly Failure[] = []): Verdict {
  const time = seconds === Infinity ? 'never' : `${(Math.ceil(seconds * 10) / 10).toFixed(1)} s`;
  const reached = failures.length > 0 ? `${time}; ${describe(failures)} failed` : time;
  return { text, limit: `${limit} s`, reached, met: seconds <= limit };
}

/** A number of requests, and those that failed. */
export interface Requests {
  readonly requests: number;
  readonly failures: readonly Failure[];
}

/** Whether none of the requests of all `loads` failed, except those that `mayFail`. Not met without any request. */
export function noFailure(text: string, loads: readonly Requests[], mayFail = (_: Failure): boolean => false): Verdict {
  const failures = loads.flatMap((load) => load.failures);
  const requests = loads.reduce((sum, load) => sum + load.requests, 0);
  const [allowed, others] = [failures.filter(mayFail), failures.filter((failure) => !mayFail(failure))];
  const reached = `${describe(others)} of ${requests}${allowed.length > 0 ? `; ${describe(allowed)} as allowed` : ''}`;
  return { text, limit: '0', reached, met: others.length === 0 && requests > 0 };
}

/** Whether no request failed that was sent more than `seconds` after `event`, which was at `at`. */
export function noLaterFailure(event: string, load: Requests, at: number, seconds: number): Verdict {
  const text = `requests failed more than ${seconds} s after ${event}`;
  return noFailure(text, [load], ({ sentAt }) => sentAt <= at + seconds * 1000);
}

/** Whether no request failed other than by 503 with Retry-After. */
export function onlyRetryable(requests: string, load: Requests): Verdict {
  return noFailure(`${requests} failed other than by 503 with Retry-After`, [load], isRetryable);
}

/** Whether the ids of all acknowledged writes are `stored`. Not met without any write. */
export function nothingLost(acknowledged: readonly string[], stored: readonly string[]): Verdict {
  const found = new Set(stored);
  const lost = acknowledged.filter((id) => !found.has(id));
  const examples = lost.length > 0 ? `, such as ${lost.slice(0, 3).join(', ')}` : '';
  const reached = `${lost.length} of ${acknowledged.length}${examples}`;
  const met = lost.length === 0 && acknowledged.length > 0;
  return { text: 'acknowledged writes lost', limit: '0', reached, met };
}

/** Whether `text` is true; `reached` is the reason. */
export function holds(text: string, met: boolean, reached: string): Verdict {
  return { text, limit: 'yes', reached, met };
}

/** Failures by kind, such as `3 (2 ECONNRESET, 1 503)`. */
export function describe(failures: readonly Failure[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of failures) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const kinds = [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
  return kinds ? `${failures.length} (${kinds})` : '0';
}

/** Whether there are verdicts, and all limits were met. A drill without verdicts has checked nothing. */
export function isPassed({ verdicts }: Pick<Result, 'verdicts'>): boolean {
  return verdicts.length > 0 && verdicts.every(({ met }) => met);
}

/** A result for the terminal. The events were shown as they happened. */
export function table(result: Pick<Result, 'title' | 'verdicts'>): string {
  const rows = result.verdicts.map((it) => [it.met ? 'ok' : 'FAILS', it.text, it.reached, it.limit]);
  const limits = formatTable(['', 'check', 'result', 'limit'], rows).replace(/^/gm, '  ');
  return `${isPassed(result) ? 'PASSED' : 'FAILED'}  ${result.title}\n\n${limits}`;
}
