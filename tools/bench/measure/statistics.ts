/** Middle of several figures, and the least and greatest of them. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Throws on an empty list: a contestant that was not measured has no figure. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => {
    const value = sorted[index];
    if (value === undefined) throw new Error('There is no figure to take the median of.');
    return value;
  };
  const middle = (sorted.length - 1) / 2;
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, min: at(0), max: at(sorted.length - 1) };
}

/** Ratios of figures that were taken in the same turn, so that a machine that slows down meanwhile cancels out. */
export function ratios(values: readonly number[], references: readonly number[]): Spread {
  return spread(values.map((value, turn) => value / (references[turn] ?? NaN)));
}
