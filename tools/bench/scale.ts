/** How much is measured. */
export interface Scale {
  /** How often each contestant is measured, in turn with the others. */
  readonly repetitions: number;
  /** Seconds of load before the measurement, and in it. */
  readonly warmupSeconds: number;
  readonly seconds: number;
  /** Documents of the scenario that reads many, and of the one that stores many: these are stored twice a contestant. */
  readonly documents: number;
  readonly storedDocuments: number;
  /** Documents of the collection that must not fit in memory. */
  readonly manyDocuments: number;
  /** Requests whose first byte is timed, in each repetition. */
  readonly firstBytes: number;
}

/** What the README quotes. About twelve minutes. */
export const full: Scale = {
  repetitions: 5,
  warmupSeconds: 1,
  seconds: 2,
  documents: 100_000,
  storedDocuments: 20_000,
  manyDocuments: 1_000_000,
  firstBytes: 10,
};

/** To see that all works: its figures say little. About four minutes. */
export const quick: Scale = {
  repetitions: 2,
  warmupSeconds: 0.5,
  seconds: 1,
  documents: 5000,
  storedDocuments: 5000,
  manyDocuments: 50_000,
  firstBytes: 10,
};

/** HTTP connections of the load, connections to the database, and workers of the driver alone: one number for all. */
export const concurrency = 32;
