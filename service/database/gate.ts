import { Problem } from '../http/problem';

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
      throw new Problem(503, 'overloaded', {
        detail: `${this.#inside} requests wait for the database already, so this one was not started. Try again in a second.`,
        headers: { 'Retry-After': '1' },
      });
    }
    this.#inside += 1;
  }

  leave(): void {
    this.#inside -= 1;
  }
}
