import { setTimeout as sleep } from 'node:timers/promises';
import type { Load } from '../load/load';

/** Seconds without a failure after which the service counts as recovered. */
const calmSeconds = 8;

/**
 * Waits until requests fail, and then until they no longer do. Returns when the first and the last one failed after `since`; both
 * `since` if none did within `seconds`.
 */
export async function outage(
  load: Load,
  since: number,
  seconds: number,
): Promise<{ readonly first: number; readonly last: number }> {
  const failed = (): number[] =>
    load.failures.filter(({ failedAt }) => failedAt >= since).map(({ failedAt }) => failedAt);
  const deadline = since + seconds * 1000;
  for (;;) {
    const times = failed();
    const last = Math.max(since, ...times);
    if (times.length > 0 && Date.now() - last > calmSeconds * 1000) return { first: Math.min(...times), last };
    if (times.length === 0 && Date.now() > deadline) return { first: since, last: since };
    if (Date.now() > deadline + 180_000) throw new Error(`Requests still fail ${seconds + 180} s after the event.`);
    await sleep(100);
  }
}
