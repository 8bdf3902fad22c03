import type { ServerResponse } from 'node:http';
import { totalmem } from 'node:os';
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import type { Limits } from './configuration';
import { overloaded } from './problem';

/** Bytes of memory for one byte of JSON while it is parsed and stored: text, objects and BSON. */
export const jsonFactor = 16;

/** Bytes of a task that others should not wait for; and of one that blocks the event loop for a tenth of a second. */
const [largeBytes, hugeBytes] = [1_048_576, 12_582_912];
/** Bytes of a usual request. */
const smallBytes = 65_536;
/** Milliseconds between two of those: enough for a small request and its command. */
const restMs = 20;

/** Bytes of a stream while its client is slow: two batches, or one large object as BSON and as JSON. */
const streamBytes = 3_145_728;

interface Waiter {
  readonly bytes: number;
  readonly urgent: boolean;
  readonly timer: NodeJS.Timeout;
  readonly resolve: () => void;
}

/**
 * The memory budget, in bytes, for all requests and responses. One half is for what is held at the pace of a client, such as a body that
 * arrives or a batch that is sent: what does not fit is refused. The other half is for what is held at the pace of the database: what
 * does not fit waits. This half always becomes free again, whatever clients do.
 */
export class MemoryBudget {
  readonly #half: number;
  #reserved = 0;
  #working = 0;
  #streams = 0;
  readonly #waiting: Waiter[] = [];
  #lastLarge = Promise.resolve();

  constructor(private readonly limits: Limits) {
    this.#half = limits.memoryBytes / 2;
  }

  get used(): number {
    return this.#reserved + this.#working;
  }

  get streams(): number {
    return this.#streams;
  }

  /**
   * Counts `bytes` of a request or response until `response` ends. Throws a 503 `Problem` if they exceed a quarter of the free bytes, so
   * that small requests are still served when large ones are not. The smallest may use a quarter more, as streams may exceed their
   * reservation. Returns a function that changes the number of bytes, and never refuses.
   */
  reserve(bytes: number, response: ServerResponse): (bytes: number) => void {
    const all = bytes <= smallBytes ? this.#half * 1.25 : this.#half;
    if (bytes * 4 > all - this.#reserved) {
      throw overloaded('The memory for requests is in use, so this one was not read.');
    }
    let held = bytes;
    this.#reserved += held;
    atClose(response, () => (this.#reserved -= held));
    return (size) => {
      if (response.closed) return;
      this.#reserved += size - held;
      held = size;
    };
  }

  /** Reserves what a stream of any length needs, in either direction. Throws a 503 `Problem` beyond the limit of streams. */
  reserveStream(response: ServerResponse): (bytes: number) => void {
    if (this.#streams >= this.limits.streams) {
      throw overloaded(`${this.#streams} streams are open, so this one was not started.`);
    }
    const resize = this.reserve(streamBytes, response);
    this.#streams += 1;
    atClose(response, () => (this.#streams -= 1));
    return resize;
  }

  /**
   * Runs `task` as soon as `bytes` are free, in turn, but small and `urgent` ones first. They count until it settles. It must not
   * wait for a client. Rejects with a 503 `Problem` if they are not free within the limit for one command of the database.
   * @param options.computes whether it blocks the event loop for long, as parsing does, so that others need their turn in between
   */
  async use<T>(
    bytes: number,
    task: () => Promise<T>,
    { urgent = bytes <= largeBytes, computes = bytes > largeBytes } = {},
  ): Promise<T> {
    const wanted = Math.min(bytes, this.#half);
    await this.#turn(wanted, urgent);
    if (computes) {
      this.#lastLarge = this.#lastLarge.then(() => (wanted < hugeBytes ? immediate() : sleep(restMs)));
      await this.#lastLarge;
    }
    try {
      return await task();
    } finally {
      this.#working -= wanted;
      this.#admit();
    }
  }

  #turn(bytes: number, urgent: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(overloaded('The memory for requests did not become free in time.'));
        this.#admit(); // those behind it may want less
      }, this.limits.databaseMs);
      const waiter = { bytes, urgent, timer, resolve };
      const later = this.#waiting.findIndex((other) => urgent && !other.urgent);
      this.#waiting.splice(later === -1 ? this.#waiting.length : later, 0, waiter);
      this.#admit();
    });
  }

  #admit(): void {
    for (let first = this.#waiting[0]; first && this.#working + first.bytes <= this.#half; first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#working += first.bytes;
      clearTimeout(first.timer);
      first.resolve();
    }
  }
}

/** A fifth of the container's memory, or of 500 MiB outside of one, and less than half of V8's heap: the rest is garbage and code. */
export function defaultMemoryBytes(): number {
  const limit = process.constrainedMemory(); // of the control group; 0 or beyond all memory if there is none
  const container = limit > 0 && limit < totalmem() ? limit : 524_288_000;
  return Math.floor(Math.min(container / 5, getHeapStatistics().heap_size_limit * 0.4));
}

/** Calls `action` when `response` has ended, or at once if the client has already left, such as while a token was verified. */
export function atClose(response: ServerResponse, action: () => unknown): void {
  if (response.closed) action();
  else response.once('close', action);
}
