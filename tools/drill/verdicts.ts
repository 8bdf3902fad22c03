import type { Verdict } from './drill';
import type { Failure } from './load/plan';

/** Whether `text` took no longer than `limit`, both in seconds. */
export function within(text: string, seconds: number, limit: number, source: string): Verdict {
  return { text, limit: `${limit} s`, source, reached: `${seconds.toFixed(1)} s`, met: seconds <= limit };
}

/** Whether no request failed, out of `requests`. A load that asked nothing proves nothing. */
export function noFailure(text: string, failures: readonly Failure[], requests: number, source: string): Verdict {
  return {
    text,
    limit: '0',
    source,
    reached: `${describe(failures)} of ${requests}`,
    met: failures.length === 0 && requests > 0,
  };
}

/** Whether all acknowledged writes are there. */
export function nothingLost(acknowledged: number, lost: readonly string[], source: string): Verdict {
  const examples = lost.length > 0 ? `, such as ${lost.slice(0, 3).join(', ')}` : '';
  return {
    text: 'acknowledged writes lost',
    limit: '0',
    source,
    reached: `${lost.length} of ${acknowledged}${examples}`,
    met: lost.length === 0 && acknowledged > 0,
  };
}

/** Whether `text` is as it should be. */
export function holds(text: string, met: boolean, reached: string, source: string): Verdict {
  return { text, limit: 'yes', source, reached, met };
}

/** Failures by their kind, such as `3 (2 ECONNRESET, 1 503)`. */
export function describe(failures: readonly Failure[]): string {
  if (failures.length === 0) return '0';
  const counts = new Map<string, number>();
  for (const { kind, reused } of failures) {
    const name = reused && !/^\d+$/.test(kind) ? `${kind} on a kept connection` : kind;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return `${failures.length} (${[...counts].map(([kind, count]) => `${count} ${kind}`).join(', ')})`;
}
