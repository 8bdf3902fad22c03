import { MongoBulkWriteError, MongoServerError } from 'mongodb';
import type { BoundedDb, Database } from '../../platform/database';
import { databaseBusy, Problem } from '../../platform/problem';
import { currentRequest, onBehalfOf } from '../../platform/tracing';
import { documents, type StoredDocument } from '../document';

/** Concurrent commands: one that the database works on, and one on its way. */
const commands = 2;
/** Documents of one command. */
const batchItems = 500;

interface Entry {
  readonly document: StoredDocument;
  readonly request: ReturnType<typeof currentRequest>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Stores single documents: those that arrive while a command is running share the next one. */
export class InsertQueue {
  #pending = 0;
  #running = 0;
  #entries: Entry[] = [];

  /** Throws beyond `capacity` documents that are not stored yet. */
  constructor(
    private readonly database: Pick<Database, 'run' | 'queued'>,
    private readonly capacity: number,
  ) {}

  /** Resolves when `document` is stored on the majority's disks. */
  async insert(document: StoredDocument): Promise<void> {
    if (this.#pending >= this.capacity) throw databaseBusy(this.#pending);
    this.#pending += 1;
    this.database.queued += 1;
    await new Promise<void>((resolve, reject) => {
      this.#entries.push({ document, request: currentRequest(), resolve, reject });
      if (this.#running < commands) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#running += 1;
    // Requests of the same turn of the event loop share a command.
    await new Promise(setImmediate);
    while (this.#entries.length > 0) {
      const batch = this.#entries.splice(0, batchItems);
      this.database.queued -= batch.length;
      await this.#send(batch);
      this.#pending -= batch.length;
    }
    this.#running -= 1;
  }

  async #send(batch: readonly Entry[]): Promise<void> {
    const documents = batch.map((entry) => entry.document);
    const requests = batch.map((entry) => entry.request);
    try {
      const failures = await onBehalfOf(requests, () => this.database.run((db) => insert(db, documents)));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const failure = failures.get(index);
        if (failure === undefined) resolve();
        else reject(failure);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}

/** MongoDB's code for an `_id` that exists. */
const duplicateKey = 11000;

/**
 * Stores `items` with one command, independently of each other. Resolves to the failures by index when a majority has the documents on
 * disk. Rejects if it is unknown which were stored.
 */
export async function insert(db: BoundedDb, items: readonly StoredDocument[]): Promise<Map<number, Problem>> {
  const failures = new Map<number, Problem>();
  if (items.length === 0) return failures;
  try {
    await documents(db).insertMany(items, { ...db.bounds, ordered: false });
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error;
    const errors = [error.writeErrors].flat();
    // Without an answer for each document it only wraps what failed all of them, such as a lost connection.
    if (errors.length === 0) throw error.errorResponse instanceof Error ? error.errorResponse : error;
    const unconfirmed = error.result.getWriteConcernError(); // the bulk's own error has the code of a document
    if (unconfirmed) throw new MongoServerError({ ...unconfirmed.toJSON(), message: String(unconfirmed) });
    for (const { index, code, errmsg } of errors) failures.set(index, refusal(items[index]?._id, code, errmsg));
  }
  return failures;
}

/** The failure of a document that MongoDB refuses: its id is there already, or an index or a validator of another program says no. */
export function refusal(id: StoredDocument['_id'] | undefined, code: unknown, message = ''): Problem {
  if (code === duplicateKey && message.includes('index: _id_ ')) {
    return new Problem(409, 'duplicate-id', {
      detail: `A document with the _id '${id}' exists already. DELETE it first, or send another _id, or none.`,
    });
  }
  return new Problem(422, 'refused-document', {
    detail: `MongoDB refused document '${id}': ${message}. Change it.`,
  });
}
