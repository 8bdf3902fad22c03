import { setTimeout as sleep } from 'node:timers/promises';
import { toProblem } from '../platform/problem';
import { documents } from './document';
import { parseKeys, type Sort } from './query';
import type { ExampleDependencies } from './routes';

/** Reads indexes such as `name;-created,name`: fields in their order, descending with a minus. Throws if one is invalid. */
export function parseIndexes(text: string): readonly Sort[] {
  return text.split(';').map((index) => {
    const keys = parseKeys(index);
    if (keys === undefined) throw new Error(`'${index}' is no index: give 1 to 4 different top-level fields`);
    return keys;
  });
}

/** Creates each of `indexes`, unless it exists, as soon as the database answers, and logs the result. Retries every `retryMs`. */
export async function createIndexes(
  dependencies: ExampleDependencies,
  indexes: readonly Sort[],
  retryMs = 5000,
): Promise<void> {
  for (const keys of indexes) await createIndex(dependencies, keys, retryMs);
}

async function createIndex({ database, draining, logger }: ExampleDependencies, keys: Sort, retryMs: number) {
  while (!draining.aborted) {
    try {
      // Not within `run`: building an index may take longer than a command of a request.
      const db = await database.run(async (db) => db);
      const index = await documents(db).createIndex(new Map(keys));
      return logger?.info({ index }, 'index is there');
    } catch (error) {
      // Such as one that another index excludes.
      if (toProblem(error).status !== 503) return logger?.error({ err: error, keys }, 'index was not created');
      await sleep(retryMs, undefined, { ref: false, signal: draining }).catch(() => {});
    }
  }
}
