import { type Db, MongoClient, type MongoClientOptions, MongoServerError, type TopologyDescription } from 'mongodb';
import type { Logger } from 'pino';
import type { Limits } from './configuration';
import { databaseAway, databaseBusy, databaseRefused, LateOperation } from './toProblem';
import { traceCommands } from './tracing';

/** The database of the connection string, and the options of every command, which it ends in time itself. */
export type BoundedDb = Db & { readonly bounds: { readonly maxTimeMS: number } };

interface DatabaseOptions {
  /** Is told once when the database goes away, why, and when it is back. */
  readonly logger?: Logger;
  /** Whether commands are spans. Default: false. */
  readonly traced?: boolean;
}

/** The service's connection to MongoDB. It need not be there: every call connects again where that is needed. */
export class Database {
  /** Connections to the database, and those of them that a command is running on. */
  readonly pool = { open: 0, used: 0 };
  /** Operations that wait in queues of handlers. */
  queued = 0;
  readonly #uri: string; // private to JavaScript too, since it has a password
  /** Operations that have not ended. */
  #running = 0;
  #client: MongoClient | undefined;
  /** Undefined until somebody asks, and after a failure. */
  #connection: Promise<BoundedDb> | undefined;
  /** Why it is away, as logged last; undefined while it answers. */
  #away: string | undefined;
  #closed = false;

  constructor(
    uri: string,
    private readonly limits: Limits,
    private readonly options: DatabaseOptions = {},
  ) {
    this.#uri = uri;
  }

  /** Operations that wait for a connection, about. */
  get waiting(): number {
    return Math.max(0, this.#running - this.limits.poolSize) + this.queued;
  }

  /**
   * Runs `operation` on the database of the connection string. Rejects with a 503 `Problem` at once when too many operations
   * wait already, and with the driver's error within the limits' milliseconds when the database is away.
   *
   * Rejects with a `LateOperation` after `answerMs`: the driver (7.9, where `timeoutMS` has no effect) leaves a command unanswered
   * for ever if its connection is lost just before it is written, since `Connection.writeCommand` then waits for a `drain` that
   * never comes, and the pool for the connection. All commands of an operation share that time, so one of many slow commands
   * fails too.
   *
   * An operation that takes twice as long may hang, even if a ping is answered: other connections still work. Later operations get
   * a new client. The old one is closed after `answerMs` more, when each of its other operations has had its time; only
   * streams that it still reads fail. Until then a late operation is counted, and so is the memory for it.
   */
  async run<T>(operation: (db: BoundedDb) => Promise<T>): Promise<T> {
    const { poolSize, queue } = this.limits;
    if (this.#running >= poolSize + queue) throw databaseBusy(this.#running);
    this.#running += 1;
    const milliseconds = answerMs(this.limits);
    const answer = this.#connect().then(operation);
    const client = this.#client;
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
      answer.then(end, end);
    }).then(() => void (this.#running -= 1));
    const replaceClient = (): Error => {
      if (client === this.#client) this.#connection = undefined; // the next operation connects anew
      setTimeout(() => {
        end();
        void client?.close();
      }, milliseconds);
      return databaseAway();
    };
    return within(milliseconds, answer, () => {
      within(milliseconds, answer, replaceClient).catch(() => {});
      return new LateOperation(ended);
    });
  }

  /** Resolves if the database answers within `milliseconds`. Never queues behind requests that wait. */
  async ping(milliseconds: number): Promise<void> {
    const answer = this.#connect().then((db) => db.command({ ping: 1 }));
    await within(milliseconds, answer, () => new Error(`The database did not answer a ping in ${milliseconds} ms.`));
  }

  /** Ends all connections, for good. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#connection = undefined;
    await this.#client?.close();
  }

  /** One attempt at a time, shared by all that ask meanwhile. */
  #connect(): Promise<BoundedDb> {
    if (this.#connection === undefined) {
      const connection = this.#attempt();
      this.#connection = connection;
      connection.catch(() => {
        if (this.#connection === connection) this.#connection = undefined;
      });
    }
    return this.#connection;
  }

  /** A client whose first connection failed stays closed for good, so each attempt has a client of its own. */
  async #attempt(): Promise<BoundedDb> {
    const { traced = false } = this.options;
    const client = new MongoClient(this.#uri, { ...clientOptions(this.limits), monitorCommands: traced });
    this.#client = client;
    if (traced) traceCommands(client);
    client.on('connectionCreated', () => this.pool.open++).on('connectionClosed', () => this.pool.open--);
    client.on('connectionCheckedOut', () => this.pool.used++).on('connectionCheckedIn', () => this.pool.used--);
    try {
      await client.connect();
      if (this.#closed) throw new Error('The service is stopping.');
    } catch (error) {
      await client.close();
      this.#log(error instanceof Error ? error : new Error(String(error)));
      throw error instanceof MongoServerError ? databaseRefused(error) : databaseAway(error);
    }
    this.#log(undefined);
    client.on('topologyDescriptionChanged', ({ newDescription }) => {
      if (client === this.#client && !this.#closed) this.#log(causeOfAbsence(newDescription));
    });
    return Object.assign(client.db(), { bounds: { maxTimeMS: this.limits.databaseMs } });
  }

  /** Logs a change, and nothing while it stays: an error for why it is away, undefined if it answers. */
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

/** Bounded in every way: the driver's own defaults wait for 30 seconds, or for ever. */
function clientOptions(limits: Limits): MongoClientOptions {
  return {
    appName: 'web',
    maxPoolSize: limits.poolSize,
    waitQueueTimeoutMS: limits.databaseMs,
    // No `socketTimeoutMS`: it would end what is slow, and try it again. A command has its `maxTimeMS`, and the heartbeat ends those of a server that is gone.
    connectTimeoutMS: limits.connectMs,
    serverSelectionTimeoutMS: limits.connectMs,
    heartbeatFrequencyMS: 2000, // how late it may notice that the database is gone while nobody asks
    // Acknowledged means that the majority has it on disk.
    writeConcern: { w: 'majority', journal: true, wtimeoutMS: limits.databaseMs },
  };
}
