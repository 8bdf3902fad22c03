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

/** Creates the missing `indexes` as soon as the database answers, and logs the result. Retries every `retryMs`. */
export async function createIndexes(
  { database, draining, logger }: ExampleDependencies,
  indexes: readonly Sort[],
  retryMs = 5000,
): Promise<void> {
  while (!draining.aborted) {
    try {
      // Not within `run`: building an index may take longer than a command of a request.
      const db = await database.run(async (db) => db);
      const names = await documents(db).createIndexes(indexes.map((keys) => ({ key: new Map(keys) })));
      return logger?.info({ indexes: names }, 'indexes are there');
    } catch (error) {
      if (toProblem(error).status !== 503) return logger?.error({ err: error }, 'indexes were not created');
      await sleep(retryMs, undefined, { ref: false, signal: draining }).catch(() => {});
    }
  }
}
