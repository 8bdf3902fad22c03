import type { Sample } from './sample';
import type { Scenario } from './scenario';

/** Every sample of each contestant, in the order in which they were taken. */
export type Samples = Readonly<Record<string, readonly Sample[]>>;

/**
 * Measures the contestants in turn, `repetitions` times, so that whatever else the machine does meets all alike.
 * Each turn begins with the next contestant, so that none is always first. `tell` hears of every measurement.
 */
export async function interleave(
  scenario: Scenario,
  repetitions: number,
  tell: (message: string) => void,
): Promise<Samples> {
  const contestants = Object.entries(scenario.contestants);
  const samples: Record<string, Sample[]> = Object.fromEntries(contestants.map(([name]) => [name, []]));
  for (let turn = 0; turn < repetitions; turn += 1) {
    const first = turn % contestants.length;
    for (const [name, measure] of [...contestants.slice(first), ...contestants.slice(0, first)]) {
      const sample = await measure();
      tell(`  ${turn + 1}/${repetitions} ${name}: ${sample.value.toFixed(1)} ${scenario.unit}`);
      samples[name]?.push(sample);
    }
  }
  return samples;
}
