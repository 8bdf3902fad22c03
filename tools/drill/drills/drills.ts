import type { Drill } from '../drill';
import { badUpdate } from './badUpdate';
import { clusterLoss } from './clusterLoss';
import { databaseLoss } from './databaseLoss';
import { drift } from './drift';
import { firstStart } from './firstStart';
import { killedUpdate } from './killedUpdate';
import { loadStep } from './loadStep';
import { loadStop } from './loadStop';
import { outOfMemory } from './outOfMemory';
import { podLoss } from './podLoss';
import { pressure } from './pressure';
import { rollingUpdate } from './rollingUpdate';

/** All drills, in the order that they run in. */
export const drills: readonly Drill[] = [
  loadStep,
  loadStop,
  rollingUpdate,
  podLoss,
  databaseLoss,
  firstStart,
  badUpdate,
  drift,
  clusterLoss,
  outOfMemory,
  pressure,
  killedUpdate,
];

/**
 * The drills whose names are in `only`, separated by commas, in the order of `all`.
 * @throws one error with every unknown name, and the known ones.
 */
export function chooseDrills<T extends Pick<Drill, 'name'>>(only: string, all: readonly T[]): T[] {
  const chosen = only.split(',').map((name) => name.trim());
  const names = all.map(({ name }) => name);
  const unknown = chosen.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`--only has '${unknown.join(', ')}': give some of ${names.join(',')}.`);
  return all.filter(({ name }) => chosen.includes(name));
}
