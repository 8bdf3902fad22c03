import { parseArgs } from 'node:util';
import { full, quick, type Scale } from './scale';
import { type ScenarioName, scenarioNames } from './scenarios/scenarios';

/** What the command line asks for. */
export interface Options {
  readonly quick: boolean;
  readonly scale: Scale;
  /** The scenarios to run. */
  readonly only: readonly ScenarioName[];
  /** Connection string of a database that runs already; undefined: one is started. */
  readonly database: string | undefined;
}

/** Reads `npm run bench -- …`. Throws one error that names the fault and what is accepted. */
export function readOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: scenarioNames.join(',') },
      repetitions: { type: 'string' },
      database: { type: 'string' },
    },
  });

  const asked = values.only.split(',');
  const unknown = asked.filter((name) => !scenarioNames.some((known) => known === name));
  if (unknown.length > 0)
    throw new Error(`--only has '${unknown.join(', ')}': give some of ${scenarioNames.join(',')}.`);
  const only = scenarioNames.filter((name) => asked.includes(name));

  const scale = values.quick ? quick : full;
  const repetitions = Number(values.repetitions ?? scale.repetitions);
  if (!Number.isInteger(repetitions) || repetitions < 1) {
    throw new Error(`--repetitions is '${values.repetitions}': give a whole number from 1.`);
  }
  return { quick: values.quick, only, scale: { ...scale, repetitions }, database: values.database };
}
