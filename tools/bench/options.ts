import { parseArgs } from 'node:util';

/** How much is measured. */
export interface Scale {
  /** How often each contestant is measured, in turn with the others. */
  readonly repetitions: number;
  /** Seconds of load before a measurement, and during it. */
  readonly warmupSeconds: number;
  readonly seconds: number;
  /** Documents that the scenario `read` reads at a time, and that `ingest` uploads at a time. */
  readonly documents: number;
  readonly uploadedDocuments: number;
  /** Documents of the collection that must not fit in memory. */
  readonly manyDocuments: number;
}

/** The scale of published figures. About fifteen minutes. */
const full: Scale = {
  repetitions: 5,
  warmupSeconds: 3,
  seconds: 2,
  documents: 100_000,
  uploadedDocuments: 50_000,
  manyDocuments: 1_000_000,
};

/** To see that everything works. About five minutes. */
const quick: Scale = {
  repetitions: 2,
  warmupSeconds: 0.5,
  seconds: 1,
  documents: 5000,
  uploadedDocuments: 5000,
  manyDocuments: 50_000,
};

/** HTTP connections of the load, connections to the database, and workers of the driver alone: one number for all. */
export const concurrency = 32;

/** What the command line asks for. */
export interface Options<Name extends string> {
  readonly quick: boolean;
  readonly scale: Scale;
  /** The scenarios to run. */
  readonly only: readonly Name[];
  /** Connection string of a running database; undefined: one is started. */
  readonly database: string | undefined;
}

/** Reads `npm run bench -- …`. `names` are those of the scenarios. Throws one error that names the fault and what is accepted. */
export function readOptions<Name extends string>(argv: readonly string[], names: readonly Name[]): Options<Name> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: names.join(',') },
      repetitions: { type: 'string' },
      database: { type: 'string' },
    },
  });

  const asked = values.only.split(',');
  const unknown = asked.filter((name) => !names.some((known) => known === name));
  if (unknown.length > 0) throw new Error(`--only has '${unknown.join(', ')}': give some of ${names.join(',')}.`);

  const scale = values.quick ? quick : full;
  const repetitions = Number(values.repetitions ?? scale.repetitions);
  if (!Number.isInteger(repetitions) || repetitions < 1) {
    throw new Error(`--repetitions is '${values.repetitions}': give a whole number from 1.`);
  }
  return {
    quick: values.quick,
    scale: { ...scale, repetitions },
    only: names.filter((name) => asked.includes(name)),
    database: values.database,
  };
}
