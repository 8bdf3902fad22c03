import type { Samples } from '../measure/interleave';
import { ratios, type Spread, spread } from '../measure/statistics';
import type { Figures } from '../measure/target';
import type { Result } from './result';

/** A contestant's line in table and plot. */
export interface Row {
  readonly contestant: string;
  readonly value: Spread;
  /** To the reference of the scenario, turn by turn. */
  readonly ratio: Spread;
  /** Median share of a CPU that the server used; undefined where it is not known. */
  readonly busy: number | undefined;
}

/** The values of samples, without the rest. */
export function figuresOf(samples: Samples): Figures {
  return Object.fromEntries(Object.entries(samples).map(([name, taken]) => [name, taken.map(({ value }) => value)]));
}

/** The contestants of `result` in their order. */
export function rowsOf({ samples, reference }: Result): Row[] {
  const figures = figuresOf(samples);
  return Object.entries(samples).map(([contestant, taken]) => {
    const busy = taken.flatMap((sample) => sample.busy ?? []);
    return {
      contestant,
      value: spread(figures[contestant] ?? []),
      ratio: ratios(figures[contestant] ?? [], figures[reference] ?? []),
      busy: busy.length > 0 ? spread(busy).median : undefined,
    };
  });
}
