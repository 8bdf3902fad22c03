import type { Database } from '../../platform/database';
import { databaseBusy } from '../../platform/databaseErrors';
import { currentRequest, onBehalfOf } from '../../platform/tracing';
import type { StoredDocument } from '../identifier';
import { insert } from './insert';

/** Commands under way at a time: one that the database works on, and one that comes in meanwhile. */
const commands = 2;
/** Documents of one command. */
const batchItems = 500;

interface Entry {
  readonly document: StoredDocument;
  readonly request: ReturnType<typeof currentRequest>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Stores documents that come one by one. Those that come while a command is under way go together in the next: a
 * journal's sync and the driver's work for a command are then shared by all of them, and a lone one waits for nothing.
 */
export class InsertQueue {
  readonly #database: Pick<Database, 'run' | 'queued'>;
  readonly #capacity: number;
  #inside = 0;
  #entries: Entry[] = [];
  #running = 0;

  /** Throws beyond `capacity` documents that wait. */
  constructor(database: Pick<Database, 'run' | 'queued'>, capacity: number) {
    this.#database = database;
    this.#capacity = capacity;
  }

  /** Resolves when `document` is stored on the majority's disks. */
  async insert(document: StoredDocument): Promise<void> {
    if (this.#inside >= this.#capacity) throw databaseBusy(this.#inside);
    this.#inside += 1;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#entries.push({ document, request: currentRequest(), resolve, reject });
        this.#database.queued += 1;
        if (this.#running < commands) void this.#drain();
      });
    } finally {
      this.#inside -= 1;
    }
  }

  async #drain(): Promise<void> {
    this.#running += 1;
    // Requests that came in the same turn of the event loop go together.
    await new Promise(setImmediate);
    while (this.#entries.length > 0) {
      const batch = this.#entries.slice(0, batchItems);
      this.#entries = this.#entries.slice(batchItems);
      this.#database.queued -= batch.length;
      await this.#send(batch);
    }
    this.#running -= 1;
  }

  async #send(batch: readonly Entry[]): Promise<void> {
    try {
      const documents = batch.map((entry) => entry.document);
      const requests = batch.map((entry) => entry.request);
      const failures = await onBehalfOf(requests, () => this.#database.run((db) => insert(db, documents)));
      batch.forEach((entry, index) => {
        const failure = failures.get(index);
        if (failure === undefined) entry.resolve();
        else entry.reject(failure);
      });
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    }
  }
}
