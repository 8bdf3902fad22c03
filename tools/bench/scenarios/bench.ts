import type { Databases } from '../data';
import type { Scale } from '../scale';

/** What every scenario is handed. */
export interface Bench {
  readonly scale: Scale;
  readonly databases: Databases;
}
