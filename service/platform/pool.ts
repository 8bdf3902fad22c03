import type { MongoClient } from 'mongodb';
import { overloaded } from './problem';

/** Lets a number of operations in at a time and turns the rest away at once, so that a slow database piles up nothing. */
export class Gate {
  #inside = 0;

  constructor(readonly capacity: number) {}

  get inside(): number {
    return this.#inside;
  }

  /** Throws a 503 `Problem` when full. Every `enter` that returns wants one `leave`. */
  enter(): void {
    if (this.#inside >= this.capacity) {
      throw overloaded(`${this.#inside} requests wait for the database already, so this one was not started.`);
    }
    this.#inside += 1;
  }

  leave(): void {
    this.#inside -= 1;
  }
}

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
