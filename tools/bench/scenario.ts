import { describeMachine } from '../report';
import type { Databases } from './databases';

/** How much is measured for published figures. About fifteen minutes. */
export const fullScale = {
  /** How often each contestant is measured, in turn with the others. */
  repetitions: 5,
  /** Seconds of load before a measurement, and during it. */
  warmupSeconds: 3,
  seconds: 2,
  /** Documents that the scenario `read` reads at a time, and that `ingest` uploads at a time. */
  documents: 100_000,
  uploadedDocuments: 50_000,
  /** Documents of the collection that must not fit in memory. */
  manyDocuments: 1_000_000,
};
export type Scale = Readonly<typeof fullScale>;

/** To see that everything works. About five minutes. */
export const quickScale: Scale = {
  repetitions: 2,
  warmupSeconds: 0.5,
  seconds: 1,
  documents: 5000,
  uploadedDocuments: 5000,
  manyDocuments: 50_000,
};

/** HTTP connections of the load, connections to the database, and workers of the driver alone: one number for all. */
export const concurrency = 32;

/** What every scenario is made from. */
export interface Bench {
  readonly scale: Scale;
  readonly databases: Databases;
}

/** One measurement of one contestant. */
export interface Sample {
  /** In the scenario's unit. */
  readonly value: number;
  /** Share of one CPU that the server used meanwhile. Well below 1, something else was the limit. */
  readonly busy?: number;
  /** What went wrong, where that is part of the result: no target is then met. */
  readonly failure?: string;
}

/** Every sample of each contestant, in the order in which they were taken. */
export type Samples = Readonly<Record<string, readonly Sample[]>>;

/** What the project set out to reach: a bound of the median ratio to `reference`, or of every value where there is none. */
export interface Target {
  readonly contestant: string;
  readonly least?: number;
  readonly most?: number;
  readonly reference?: string;
}

/** One thing that is measured of several contestants. */
export interface Scenario {
  readonly title: string;
  /** Such as `requests/s`. */
  readonly unit: string;
  /** Whose figure is 1 in the column of ratios. Undefined: there is no such column. */
  readonly reference?: string;
  readonly targets: readonly Target[];
  /** What must be known to read the figures. It stands below the table. */
  readonly note?: string;
  /** Each measures once. Names are what the tables show. */
  readonly contestants: Readonly<Record<string, () => Promise<Sample>>>;
  /** Makes the data, before the first measurement. */
  readonly prepare?: () => Promise<unknown>;
}

/** A scenario as it was measured: what is saved. */
export type Result = Awaited<ReturnType<typeof measure>>;

/** @param log is given each measurement */
export async function measure(
  name: string,
  scenario: Scenario,
  repetitions: number,
  database: string,
  log: (message: string) => void,
) {
  const { contestants: _contestants, prepare, ...described } = scenario;
  log(`${name}: ${scenario.title}`);
  await prepare?.();
  const samples = await interleave(scenario, repetitions, log);
  const targets = scenario.targets.map((target) => check(target, samples, scenario.unit));
  const taken = { date: new Date().toISOString(), machine: describeMachine(), database };
  return { name, ...described, samples, targets, taken };
}

/**
 * Measures the contestants in turn, `repetitions` times, so that whatever else the machine does affects all alike.
 * Each turn begins with the next contestant, so that none is always first. `log` reports every measurement.
 */
export async function interleave(
  { contestants, unit }: Scenario,
  repetitions: number,
  log: (message: string) => void,
): Promise<Samples> {
  const entries = Object.entries(contestants);
  const samples: Record<string, Sample[]> = Object.fromEntries(entries.map(([name]) => [name, []]));
  for (let turn = 0; turn < repetitions; turn += 1) {
    const first = turn % entries.length;
    for (const [name, measure] of [...entries.slice(first), ...entries.slice(0, first)]) {
      const sample = await measure();
      log(`  ${turn + 1}/${repetitions} ${name}: ${sample.value.toFixed(1)} ${unit} ${sample.failure ?? ''}`);
      samples[name]?.push(sample);
    }
  }
  return samples;
}

/** A target as people read it, and whether it was met. `unit` is that of the samples. */
export function check({ contestant, least = 0, most = Infinity, reference }: Target, samples: Samples, unit: string) {
  const bound = least > 0 ? `at least ${least}` : `at most ${most}`;
  const of = reference === undefined ? unit : `× ${reference}`;
  const value =
    reference === undefined ? valuesOf(samples, contestant).max : ratios(samples, contestant, reference).median;
  const failures = samples[contestant]?.flatMap(({ failure }) => failure ?? []) ?? [];
  return {
    text: `${contestant}: ${bound} ${of}`,
    reached: [value.toFixed(value < 10 ? 2 : 0), ...failures].join('; '),
    met: value >= least && value <= most && failures.length === 0,
  };
}

export function valuesOf(samples: Samples, contestant: string): Spread {
  return spread((samples[contestant] ?? []).map(({ value }) => value));
}

/** Ratios of figures that were taken in the same turn, so that a machine that slows down meanwhile cancels out. */
export function ratios(samples: Samples, contestant: string, reference: string): Spread {
  const references = samples[reference] ?? [];
  return spread((samples[contestant] ?? []).map(({ value }, turn) => value / (references[turn]?.value ?? NaN)));
}

export type Spread = ReturnType<typeof spread>;

/** Throws on an empty list: a contestant that was not measured has no figure. */
export function spread(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) throw new Error('There is no figure to take the median of.');
  const middle = (sorted.length - 1) / 2;
  return { median: (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2, min, max };
}
