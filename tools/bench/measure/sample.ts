/** One measurement of one contestant. */
export interface Sample {
  /** In the scenario's unit. */
  readonly value: number;
  /** Share of one CPU that a server used meanwhile: well below 1, something else was the limit. */
  readonly busy?: number;
}
