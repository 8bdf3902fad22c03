import { type Db, type Document, MongoClient, type MongoClientOptions } from 'mongodb';
import type { Limits } from './configuration';
import { Gate, PoolGauge } from './pool';
import { databaseAway } from './problem';

/** The service's connection to MongoDB. It need not be there: every call connects again where that is needed. */
export class Database {
  readonly pool = new PoolGauge();
  readonly #uri: string;
  readonly #limits: Limits;
  readonly #gate: Gate;
  #client: MongoClient | undefined;
  #connecting: Promise<Db> | undefined;
  #db: Db | undefined;
  #closed = false;

  constructor(uri: string, limits: Limits) {
    this.#uri = uri;
    this.#limits = limits;
    this.#gate = new Gate(limits.poolSize + limits.queue);
  }

  /** Requests that wait for a connection, about. */
  get waiting(): number {
    return Math.max(0, this.#gate.inside - this.#limits.poolSize);
  }

  /**
   * Runs `operation` on the database of the connection string. Rejects with a 503 `Problem` at once when too many
   * operations wait already, and with the driver's error within the limits' milliseconds when the database is away.
   */
  async run<T>(operation: (db: Db) => Promise<T>): Promise<T> {
    this.#gate.enter();
    try {
      return await this.inTime(operation(this.#db ?? (await this.#connect())));
    } finally {
      this.#gate.leave();
    }
  }

  /**
   * Settles as `answer` of the database does, and rejects with a 503 `Problem` if it is overdue. The driver (7.9) leaves a
   * command unanswered for ever if its connection is lost just before it is written: `Connection.writeCommand` then waits for a
   * `drain` that never comes, and the pool for the connection. So the client is replaced, and its other commands fail.
   */
  async inTime<T>(answer: Promise<T>): Promise<T> {
    const client = this.#client;
    let timer: NodeJS.Timeout | undefined;
    const overdue = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(databaseAway());
        if (client === this.#client) this.#db = undefined; // the next operation connects anew
        void client?.close();
      }, overdueMs(this.#limits));
    });
    try {
      return await Promise.race([answer, overdue]);
    } catch (error) {
      throw isSocketError(error) ? databaseAway(error) : error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves if the database answers within `milliseconds`. Never queues behind requests that wait. */
  async ping(milliseconds: number): Promise<void> {
    const answer = async (): Promise<Document> => (this.#db ?? (await this.#connect())).command({ ping: 1 });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`The database did not answer a ping in ${milliseconds} ms.`)),
        milliseconds,
      );
    });
    try {
      await Promise.race([answer(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends all connections, for good. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#db = undefined;
    await this.#client?.close();
  }

  /** One attempt at a time, shared by all that ask meanwhile. */
  #connect(): Promise<Db> {
    this.#connecting ??= this.#attempt().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  /** A client whose first connection failed stays closed for good, so each attempt has a client of its own. */
  async #attempt(): Promise<Db> {
    const client = new MongoClient(this.#uri, clientOptions(this.#limits));
    this.#client = client;
    this.pool.watch(client);
    try {
      await client.connect();
      if (this.#closed) throw new Error('The service is stopping.');
    } catch (error) {
      await client.close();
      throw error;
    }
    this.#db = client.db();
    return this.#db;
  }
}

/** Longer than the driver takes by its own limits: twice a wait for a connection, for a server and for an answer. */
function overdueMs({ databaseMs, connectMs }: Limits): number {
  return 2 * (databaseMs + connectMs + databaseMs);
}

/** The driver (7.9) lets such an error of Node's out if its connection was ended by the other side just before a write. */
function isSocketError(error: unknown): boolean {
  const codes = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'];
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** Bounded in every way: the driver's own defaults wait for 30 seconds, or for ever. */
function clientOptions(limits: Limits): MongoClientOptions {
  return {
    appName: 'web',
    maxPoolSize: limits.poolSize,
    waitQueueTimeoutMS: limits.databaseMs,
    socketTimeoutMS: limits.databaseMs,
    connectTimeoutMS: limits.connectMs,
    serverSelectionTimeoutMS: limits.connectMs,
    heartbeatFrequencyMS: 2000, // how late it may notice that the database is gone while nobody asks
    // Acknowledged means that the majority has it on disk.
    writeConcern: { w: 'majority', journal: true },
  };
}
