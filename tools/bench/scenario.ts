import { describeMachine } from '../report';

/** Measurements of each contestant. */
export const defaultRepetitions = '5';

/** Seconds of load before and during a measurement. V8 optimizes for about six. */
export const [warmupSeconds, measuredSeconds] = [6, 2];

/** HTTP connections of the load, connections to the database, and workers of the driver alone. */
export const concurrency = 32;

/** One measurement of one contestant. */
export interface Sample {
  /** In the scenario's unit. */
  readonly value: number;
  /** Microseconds of CPU that the server used for each. */
  readonly cpuMicros?: number;
}

/** The samples of each contestant, in the order of measurement. */
export type Samples = Readonly<Record<string, readonly Sample[]>>;

/** A bound of the median ratio to `reference`, or of every value if there is none. */
export interface Target {
  readonly contestant: string;
  readonly least?: number;
  readonly most?: number;
  readonly reference?: string;
}

/** What is measured, for the reports. */
interface Description {
  readonly title: string;
  /** Such as `requests/s`. */
  readonly unit: string;
  /** The contestant that ratios refer to. Default: no column of ratios. */
  readonly reference?: string;
  readonly targets: readonly Target[];
  /** A remark below the table. */
  readonly note?: string;
}

/** A measurement of several contestants. */
export interface Scenario extends Description {
  /** Each call measures once. The tables show the names. */
  readonly contestants: Readonly<Record<string, () => Promise<Sample>>>;
  /** Creates the data before the first measurement. */
  readonly prepare?: () => Promise<unknown>;
}

/** The results of a scenario, as they are saved. */
export type Result = ReturnType<typeof resultOf>;

/** The result of `samples`, which were taken just now. */
export function resultOf(name: string, scenario: Description, samples: Samples, database: string) {
  const targets = scenario.targets.map((target) => check(target, samples, scenario.unit));
  const taken = { date: new Date().toISOString(), machine: describeMachine(), database };
  return { name, ...scenario, samples, targets, taken };
}

/**
 * The number of measurements that `option` gives as `value`.
 * @throws unless it is a whole number from 1.
 */
export function parseRepetitions(option: string, value: string): number {
  if (/^[1-9]\d*$/.test(value)) return Number(value);
  throw new Error(`--${option} is '${value}': give a whole number from 1.`);
}

/**
 * Measures the contestants in turn, `repetitions` times, so that other load on the machine affects all of them alike.
 * Each turn begins with another contestant.
 */
export async function interleave(
  contestants: Scenario['contestants'],
  unit: string,
  repetitions: number,
  log: (message: string) => void,
): Promise<Samples> {
  const entries = Object.entries(contestants);
  const samples: Record<string, Sample[]> = Object.fromEntries(entries.map(([name]) => [name, []]));
  for (let turn = 0; turn < repetitions; turn += 1) {
    const first = turn % entries.length;
    for (const [name, measure] of [...entries.slice(first), ...entries.slice(0, first)]) {
      const sample = await measure();
      log(`  ${turn + 1}/${repetitions} ${name}: ${sample.value.toFixed(1)} ${unit}`);
      samples[name]?.push(sample);
    }
  }
  return samples;
}

/** A target as text, and whether it was met. `unit` is that of the samples. */
export function check({ contestant, least = 0, most = Infinity, reference }: Target, samples: Samples, unit: string) {
  const bound = least > 0 ? `at least ${least}` : `at most ${most}`;
  const of = reference === undefined ? unit : `× ${reference}`;
  const value =
    reference === undefined ? valuesOf(samples, contestant).max : ratios(samples, contestant, reference).median;
  return {
    text: `${contestant}: ${bound} ${of}`,
    reached: value.toFixed(value < 10 ? 2 : 0),
    met: value >= least && value <= most,
  };
}

export function valuesOf(samples: Samples, contestant: string): Spread {
  return spread((samples[contestant] ?? []).map(({ value }) => value));
}

/** Ratios of figures of the same turn: changes in the machine's speed cancel out. */
export function ratios(samples: Samples, contestant: string, reference: string): Spread {
  const references = samples[reference] ?? [];
  return spread((samples[contestant] ?? []).map(({ value }, turn) => value / (references[turn]?.value ?? NaN)));
}

export type Spread = ReturnType<typeof spread>;

/** @throws on an empty list */
export function spread(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) throw new Error('There is no figure for a median.');
  const middle = (sorted.length - 1) / 2;
  return { median: (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2, min, max };
}
