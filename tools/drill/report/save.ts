import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../../cli/shared/command';
import { plot } from './plot';
import type { Result } from './result';

const folder = join(root, 'tools/drill/results');
const plotFile = join(root, 'docs/images/drill.svg');

/**
 * Saves `result` as JSON, and makes the plot anew from the last results of `names`, in this order. A quick run has files of its
 * own: it must not take the place of real figures.
 */
export function save(result: Result, names: readonly string[]): string {
  const place = result.taken.quick ? join(folder, 'quick') : folder;
  const path = (name: string): string => join(place, `${name}.json`);
  const picture = result.taken.quick ? join(place, 'drill.svg') : plotFile;
  mkdirSync(place, { recursive: true });
  mkdirSync(dirname(picture), { recursive: true });
  writeFileSync(path(result.name), `${JSON.stringify(result)}\n`);
  writeFileSync(picture, plot(names.flatMap((name) => read(path(name)) ?? [])));
  return path(result.name);
}

function read(path: string): Result | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Result) : undefined;
}
