import { ratios, spread } from './statistics';

/** Figures of a scenario by contestant, in the order in which they were taken. */
export type Figures = Readonly<Record<string, readonly number[]>>;

/** What the project set out to reach. */
export interface Target {
  readonly text: string;
  /** What was reached, as people read it, and whether that is enough. */
  readonly check: (figures: Figures) => { readonly reached: string; readonly met: boolean };
}

/** `contestant`'s rate is at least `least` times that of `reference`. */
export function atLeast(least: number, contestant: string, reference: string): Target {
  return {
    text: `${contestant}: at least ${least} × ${reference}`,
    check: (figures) => {
      const { median } = ratio(figures, contestant, reference);
      return { reached: `${median.toFixed(2)} ×`, met: median >= least };
    },
  };
}

/** `contestant`'s time is at most `most` times that of `reference`, or at most `orBelow` whatever that is. */
export function atMost(most: number, contestant: string, reference: string, orBelow = 0, unit = ''): Target {
  return {
    text: `${contestant}: at most ${most} × ${reference}${orBelow > 0 ? `, or ${orBelow} ${unit}` : ''}`,
    check: (figures) => {
      const { median } = ratio(figures, contestant, reference);
      const reached = spread(of(figures, contestant)).median;
      return { reached: `${median.toFixed(2)} ×`, met: median <= most || reached <= orBelow };
    },
  };
}

/** No measurement of `contestant` is above `most`. */
export function below(most: number, contestant: string, unit: string): Target {
  return {
    text: `${contestant}: below ${most} ${unit}`,
    check: (figures) => {
      const { max } = spread(of(figures, contestant));
      return { reached: `${max.toFixed(1)} ${unit}`, met: max < most };
    },
  };
}

function ratio(figures: Figures, contestant: string, reference: string): ReturnType<typeof ratios> {
  return ratios(of(figures, contestant), of(figures, reference));
}

function of(figures: Figures, contestant: string): readonly number[] {
  const values = figures[contestant];
  if (values === undefined)
    throw new Error(`No contestant is named '${contestant}'; there are ${Object.keys(figures).join(', ')}.`);
  return values;
}
