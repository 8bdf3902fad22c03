import type { Samples } from '../measure/interleave';

/** One scenario as it was measured: what is saved. */
export interface Result {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly reference: string;
  readonly note?: string;
  readonly samples: Samples;
  readonly targets: readonly { readonly text: string; readonly reached: string; readonly met: boolean }[];
  /** When, on what, with which database. */
  readonly taken: { readonly date: string; readonly machine: string; readonly database: string };
}
