import type { Sample } from './sample';
import type { Target } from './target';

/** One thing that is measured of several contestants. */
export interface Scenario {
  readonly title: string;
  /** Such as `requests/s`. */
  readonly unit: string;
  /** Whose figure is 1 in the column of ratios. */
  readonly reference: string;
  readonly targets: readonly Target[];
  /** What must be known to read the figures; stands below the table wherever it goes. */
  readonly note?: string;
  /** Each measures once; names are what the tables show. */
  readonly contestants: Readonly<Record<string, () => Promise<Sample>>>;
  /** Runs before the first measurement: the data, if any. */
  readonly prepare?: () => Promise<void>;
}
