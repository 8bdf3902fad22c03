import { readOptions } from '../commands/shared/command';

export interface Options<Name> {
  readonly stack: string;
  readonly quick: boolean;
  /** The drills to run, in the order of the list of all. */
  readonly only: readonly Name[];
}

/** Reads `npm run drill -- …`. `--only` takes the names of drills, with commas between them. */
export function readDrillOptions<Name extends string>(usage: string, names: readonly Name[]): Options<Name> {
  const { stack, quick, only } = readOptions(usage, {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: names.join(',') },
  });
  return { stack, quick, only: chooseDrills(only, names) };
}

/** @throws one error that tells each unknown name, and those that there are. */
export function chooseDrills<Name extends string>(only: string, names: readonly Name[]): Name[] {
  const asked = only.split(',').map((name) => name.trim());
  const unknown = asked.filter((name) => !names.some((known) => known === name));
  if (unknown.length > 0) throw new Error(`--only has '${unknown.join(', ')}': give some of ${names.join(',')}.`);
  return names.filter((name) => asked.includes(name));
}
