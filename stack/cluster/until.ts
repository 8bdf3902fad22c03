import { setTimeout as sleep } from 'node:timers/promises';

type Truthy<T> = Exclude<T, false | 0 | '' | null | undefined>;

/**
 * Calls `probe` every `everyMs`. Resolves with its first truthy value.
 * @throws an Error that names `what` if there was none within `milliseconds`, and whatever `probe` throws.
 */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  milliseconds = 20_000,
  everyMs = 50,
): Promise<Truthy<Awaited<T>>> {
  for (const deadline = Date.now() + milliseconds; ; await sleep(everyMs)) {
    const value = await probe();
    if (value) return value as Truthy<Awaited<T>>;
    if (Date.now() > deadline) throw new Error(`Not within ${milliseconds / 1000} s: ${what}`);
  }
}
