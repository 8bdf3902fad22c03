import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import getPort from 'get-port';
import { MongoClient } from 'mongodb';
import { findMongod, type Mongod } from './findMongod';

/** Downloaded programs and local data. Git ignores it. */
export const localFolder = resolve(__dirname, '../../.local');

/** Milliseconds for mongod to accept writes after its start, including recovery. */
const startMs = 60_000;
/** Milliseconds until a mongod that ignores SIGTERM is killed. */
const forceKillAfterDelay = 10_000;
/** Characters of its output in an error. */
const outputLength = 4000;

/** Starts MongoDB on a free port, with its data in `folder`. `log` reports each download. */
export async function startDatabase(folder: string, log: (message: string) => void): Promise<DatabaseProcess> {
  const mongod = await findMongod(localFolder, log);
  const database = new DatabaseProcess(mongod, join(folder, 'mongod'), await getPort());
  await database.start();
  return database;
}

/** A mongod as a child process and a replica set of one member, with the same folder and port after restarts. */
export class DatabaseProcess {
  readonly uri: string;
  readonly title: string;
  #child: (PromiseLike<unknown> & { kill(signal: NodeJS.Signals): boolean }) | undefined;

  constructor(
    readonly mongod: Mongod,
    readonly folder: string,
    readonly port: number,
  ) {
    this.uri = `mongodb://127.0.0.1:${port}/app`;
    this.title = `MongoDB ${mongod.version} (${mongod.path})`;
  }

  /** Resolves when it accepts writes. Rejects with the end of its output if it ends, or after a time-out. */
  async start(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const options = ['--dbpath', this.folder, '--port', String(this.port), '--bind_ip', '127.0.0.1', '--quiet'];
    // Change streams need a replica set. A primary without secondaries need not wait at its shutdown.
    const replicaSet = ['--replSet', 'rs0', '--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=0'];
    // In its own process group, so that Ctrl-C does not end it before its parent has closed the connections.
    const own = { detached: process.platform !== 'win32', stdin: 'ignore', all: true, buffer: false } as const;
    const child = execa(this.mongod.path, [...options, ...replicaSet], { ...own, reject: false, forceKillAfterDelay });
    this.#child = child;
    let [output, ended] = ['', false];
    child.all.on('data', (text: Buffer) => {
      output = `${output}${text.toString()}`.slice(-outputLength);
    });
    void child.then(({ originalMessage = '' }) => {
      output += originalMessage; // such as a program that does not exist
      ended = true;
    });
    for (const end = Date.now() + startMs; Date.now() < end && !ended; await sleep(50)) {
      if (await this.#isPrimary()) return;
    }
    await this.stop('SIGKILL');
    throw new Error(
      `The database did not start: ${this.title}, data in ${this.folder}, port ${this.port}. ` +
        `If another mongod uses that folder, stop it. Its last output:\n${output.trim()}`,
    );
  }

  /** Shuts it down cleanly. With `SIGKILL`, it ends without warning. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.signal(signal);
    await this.#child;
  }

  /** With `SIGSTOP`, it is like a hung machine until `SIGCONT`: connections stay open without responses. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Whether it accepts writes. Initiates the replica set if necessary. */
  async #isPrimary(): Promise<boolean> {
    const client = new MongoClient(this.uri, { directConnection: true, serverSelectionTimeoutMS: 500 });
    const admin = client.db('admin');
    const members = [{ _id: 0, host: `127.0.0.1:${this.port}` }];
    try {
      await admin.command({ ping: 1 });
      // Data of a standalone mongod has no replica set, and older data has one with another port.
      const answer = await admin.command({ replSetGetConfig: 1 }).catch(() => undefined);
      if (!answer) await admin.command({ replSetInitiate: { _id: 'rs0', members } });
      else if (answer.config.members[0].host !== members[0]?.host) {
        const config = { ...answer.config, version: answer.config.version + 1, members };
        await admin.command({ replSetReconfig: config, force: true });
      }
      return (await admin.command({ hello: 1 })).isWritablePrimary === true;
    } catch {
      return false;
    } finally {
      await client.close();
    }
  }
}
