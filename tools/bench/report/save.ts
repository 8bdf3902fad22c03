import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { scenarioNames } from '../scenarios/scenarios';
import { plot } from './plot';
import type { Result } from './result';
import { table } from './table';

/**
 * Saves each of `results` as JSON in `folder`, and makes table and plot anew from all that lie there: a part that is
 * measured alone replaces that part.
 */
export function save(results: readonly Result[], folder: string, plotFile: string): void {
  mkdirSync(folder, { recursive: true });
  mkdirSync(dirname(plotFile), { recursive: true });
  const path = (name: string): string => join(folder, `${name}.json`);
  for (const result of results) writeFileSync(path(result.name), `${JSON.stringify(result, undefined, 2)}\n`);
  const all = scenarioNames.flatMap((name) => read(path(name)) ?? []);
  writeFileSync(join(folder, 'table.md'), table(all));
  writeFileSync(plotFile, plot(all));
}

function read(path: string): Result | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Result) : undefined;
}
