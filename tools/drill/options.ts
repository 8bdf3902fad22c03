import { readOptions } from '../cli/shared/command';
import type { Drill } from './drill';

export interface Options {
  readonly stack: string;
  readonly quick: boolean;
  /** The drills to run, in the order of the list of all. */
  readonly chosen: readonly Drill[];
}

/** Reads `npm run drill -- …`. */
export function readDrillOptions(usage: string, drills: readonly Drill[]): Options {
  const { stack, quick, only } = readOptions(usage, {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
  });
  return {
    stack,
    quick,
    chosen: only === undefined ? drills.filter(({ long }) => !(quick && long)) : chooseDrills(only, drills),
  };
}

/**
 * The drills whose names are in `only`, with commas between them.
 * @throws one error that tells each unknown name, and those that there are.
 */
export function chooseDrills<T extends Pick<Drill, 'name'>>(only: string, drills: readonly T[]): T[] {
  const asked = only.split(',').map((name) => name.trim());
  const names = drills.map(({ name }) => name);
  const unknown = asked.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`--only has '${unknown.join(', ')}': give some of ${names.join(',')}.`);
  return drills.filter(({ name }) => asked.includes(name));
}
