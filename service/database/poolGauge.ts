import type { MongoClient } from 'mongodb';

/** Counts the driver's connections by its own events. */
export class PoolGauge {
  #open = 0;
  #used = 0;

  /** Connections to the database. */
  get open(): number {
    return this.#open;
  }

  /** Those of them that a command is running on. */
  get used(): number {
    return this.#used;
  }

  /** Counts `client`'s connections from now on. */
  watch(client: MongoClient): void {
    client
      .on('connectionCreated', () => {
        this.#open += 1;
      })
      .on('connectionClosed', () => {
        this.#open -= 1;
      })
      .on('connectionCheckedOut', () => {
        this.#used += 1;
      })
      .on('connectionCheckedIn', () => {
        this.#used -= 1;
      });
  }
}
