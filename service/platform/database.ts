import { type Db, MongoClient, type MongoClientOptions, MongoServerError, type TopologyDescription } from 'mongodb';
import type { Logger } from 'pino';
import type { Limits } from './configuration';
import { databaseAway, databaseBusy, databaseRefused, isAway } from './problem';
import { traceCommands } from './tracing';

/**
 * The database of the connection string, and the options of every command of an operation: the database ends it in time. Without a
 * response, the driver gives up the command and its connection.
 */
export type BoundedDb = Db & { readonly bounds: { readonly maxTimeMS: number; readonly signal: AbortSignal } };

interface DatabaseOptions {
  /** Logs once when the database becomes unavailable, with the reason, and when it is back. */
  readonly logger?: Logger;
  /** Whether commands are spans. Default: false. */
  readonly traced?: boolean;
}

/** The service's connection to MongoDB. Every call connects again if necessary. */
export class Database {
  /** Connections to the database, and those of them that a command is running on. */
  readonly pool = { open: 0, used: 0 };
  /** Operations in the queues of handlers. */
  queued = 0;
  readonly #client: MongoClient; // private to JavaScript too, since it has a password
  /** Operations that have not ended. */
  #running = 0;
  /** The last logged reason why it is unavailable; undefined while it answers. */
  #away: string | undefined;
  #closed = false;

  constructor(
    uri: string,
    private readonly limits: Limits,
    private readonly options: DatabaseOptions = {},
  ) {
    const { traced = false } = options;
    const client = new MongoClient(uri, { ...clientOptions(limits), monitorCommands: traced });
    if (traced) traceCommands(client);
    client.on('connectionCreated', () => this.pool.open++).on('connectionClosed', () => this.pool.open--);
    client.on('connectionCheckedOut', () => this.pool.used++).on('connectionCheckedIn', () => this.pool.used--);
    client.once('open', () => {
      this.#log(undefined);
      client.on('topologyDescriptionChanged', ({ newDescription }) => this.#log(causeOfAbsence(newDescription)));
    });
    this.#client = client;
  }

  /** Operations that wait for a connection, about. */
  get waiting(): number {
    return Math.max(0, this.#running - this.limits.poolSize) + this.queued;
  }

  /**
   * Runs `operation` on the database of the connection string. Rejects with a 503 `Problem` at once when too many operations
   * wait already, and with the driver's error within the limits' milliseconds when the database is unavailable.
   *
   * Its commands that have `bounds` are given up together after `answerMs`. Those of a change stream have none, and end by `maxTimeMS` only.
   * The driver (7.9, where `timeoutMS` has no effect) never rejects a command whose connection is lost just before it is written:
   * `Connection.writeCommand` then waits for a `drain` that never comes.
   */
  async run<T>(operation: (db: BoundedDb) => Promise<T>): Promise<T> {
    const { poolSize, queue, databaseMs: maxTimeMS } = this.limits;
    if (this.#running >= poolSize + queue) throw databaseBusy(this.#running);
    this.#running += 1;
    const overdue = new AbortController();
    const bounds = { maxTimeMS, signal: overdue.signal };
    const answer = this.#connect().then((client) => operation(Object.assign(client.db(), { bounds })));
    try {
      return await within(answerMs(this.limits), answer, () => {
        overdue.abort(databaseAway());
        return databaseAway();
      });
    } finally {
      this.#running -= 1;
    }
  }

  /** Resolves if the database answers within `milliseconds`. Does not wait behind requests. */
  async ping(milliseconds: number): Promise<void> {
    const options = { signal: AbortSignal.timeout(milliseconds) };
    const answer = this.#connect().then((client) => client.db().command({ ping: 1 }, options));
    await within(milliseconds, answer, () => new Error(`The database did not answer a ping in ${milliseconds} ms.`));
  }

  /** Ends all connections, for good. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#client.close();
  }

  /** The driver connects once for concurrent calls, and again after a failure, but only if `connect` is called. */
  async #connect(): Promise<MongoClient> {
    try {
      if (this.#closed) throw new Error('The service is stopping.');
      return await this.#client.connect();
    } catch (error) {
      this.#log(error instanceof Error ? error : new Error(String(error)));
      throw error instanceof MongoServerError && !isAway(error) ? databaseRefused(error) : databaseAway(error);
    }
  }

  /** Logs changes only. @param cause why it is unavailable; undefined if it answers */
  #log(cause: Error | undefined): void {
    if (this.#closed || cause?.message === this.#away) return;
    this.#away = cause?.message;
    if (cause !== undefined) this.options.logger?.error({ err: cause }, 'database away');
    else this.options.logger?.info('database answers');
  }
}

/** Undefined while a server can be written to. */
function causeOfAbsence({ servers }: TopologyDescription): Error | undefined {
  const all = [...servers.values()];
  if (all.some((server) => server.isWritable)) return undefined;
  return all.find((server) => server.error)?.error ?? new Error('No member of the replica set is its primary.');
}

/** Settles as `answer` does, or rejects with what `overdue` returns if that takes longer than `milliseconds`. */
export async function within<T>(milliseconds: number, answer: Promise<T>, overdue: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(overdue()), milliseconds);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Milliseconds for the answer of an operation: to wait for a server or a connection, and for its commands. */
export function answerMs({ databaseMs, connectMs }: Limits): number {
  return Math.max(databaseMs, connectMs) + databaseMs;
}

/** With time limits: the driver's defaults are 30 seconds or unlimited. */
function clientOptions(limits: Limits): MongoClientOptions {
  return {
    appName: 'web',
    maxPoolSize: limits.poolSize,
    waitQueueTimeoutMS: limits.databaseMs,
    // No `socketTimeoutMS`: it would end slow commands and retry them. `maxTimeMS` ends a command, and the heartbeat those of a lost server.
    connectTimeoutMS: limits.connectMs,
    serverSelectionTimeoutMS: limits.connectMs,
    heartbeatFrequencyMS: 2000, // how late it may notice a lost database without requests
    // Acknowledged means that the majority has it on disk.
    writeConcern: { w: 'majority', journal: true, wtimeoutMS: limits.databaseMs },
  };
}
