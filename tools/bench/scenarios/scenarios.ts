import type { Scenario } from '../measure/scenario';
import type { Bench } from './bench';
import { coldStart } from './coldStart';
import { firstByte } from './firstByte';
import { ingest } from './ingest';
import { insert } from './insert';
import { memory } from './memory';
import { read } from './read';
import { root } from './root';

/** Every scenario, by the name that `--only` takes. */
export const scenarios = {
  root,
  insert,
  ingest,
  read,
  firstByte,
  memory,
  coldStart,
} as const satisfies Readonly<Record<string, (bench: Bench) => Scenario>>;

export type ScenarioName = keyof typeof scenarios;

/** In the order in which they run. */
export const scenarioNames = Object.keys(scenarios) as readonly ScenarioName[];
