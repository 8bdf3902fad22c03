import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves as soon as `condition` holds; rejects, naming `what`, if it does not within `milliseconds`. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  milliseconds = 20_000,
): Promise<void> {
  for (const end = Date.now() + milliseconds; Date.now() < end; await sleep(20)) if (await condition()) return;
  throw new Error(`Not within ${milliseconds} ms: ${what}`);
}
