import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import { type Db, type Document, MongoClient } from 'mongodb';
import { findMongod, type Mongod } from './findMongod';

/** Where downloaded programs and local data are kept. Git ignores it. */
export const localFolder = resolve(__dirname, '../../.local');

/** Milliseconds for mongod to accept writes after its start, the recovery of a killed one included. */
const startMs = 60_000;
/** Characters of its output that are kept, to say why it failed. */
const outputLength = 4000;

/** Starts MongoDB on a free port, with its data in `folder`. `tell` hears of each download. */
export async function startDatabase(folder: string, tell: (message: string) => void): Promise<DatabaseProcess> {
  const mongod = await findMongod(localFolder, tell);
  const database = new DatabaseProcess(mongod, join(folder, 'mongod'), await getPort());
  await database.start();
  return database;
}

/** A mongod as a child process, a replica set of one member, on one folder and one port through all of its restarts. */
export class DatabaseProcess {
  readonly uri: string;
  /** What it is, for people. */
  readonly title: string;
  #child: ChildProcess | undefined;

  constructor(
    readonly mongod: Mongod,
    readonly folder: string,
    readonly port: number,
  ) {
    this.uri = `mongodb://127.0.0.1:${port}/app`;
    this.title = `MongoDB ${mongod.version} (${mongod.path})`;
  }

  /** Resolves when it accepts writes. Rejects with the end of its output if it ends, or not in time. */
  async start(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const options = ['--dbpath', this.folder, '--port', String(this.port), '--bind_ip', '127.0.0.1', '--quiet'];
    // Change streams need a replica set. A primary without secondaries has nobody to wait for when it shuts down.
    const replicaSet = ['--replSet', 'rs0', '--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=0'];
    const child = spawn(this.mongod.path, [...options, ...replicaSet], {
      // Ctrl-C must not reach it before its owner has closed its connections: it gets a process group of its own.
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text: Buffer) => {
        output = `${output}${text.toString()}`.slice(-outputLength);
      });
    }
    await once(child, 'spawn').catch(({ message }: Error) => {
      output += message;
    });
    for (const end = Date.now() + startMs; Date.now() < end && !this.#ended; await sleep(50)) {
      if (await this.#isPrimary()) return;
    }
    await this.kill();
    throw new Error(
      `The database did not start: ${this.title}, data in ${this.folder}, port ${this.port}. ` +
        `If another mongod uses that folder, stop it. Its last output:\n${output.trim()}`,
    );
  }

  /** Ends it as `kill -9` does. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Shuts it down cleanly. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Freezes it, like a machine that swaps or a network that is lost: connections stay open, and nothing answers. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  get #ended(): boolean {
    const child = this.#child;
    return child?.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || this.#ended) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000); // what ignores SIGTERM must not outlive its owner
    await ended;
    clearTimeout(timer);
  }

  /** Whether it accepts writes. Makes it a replica set if it answers and is none yet. */
  async #isPrimary(): Promise<boolean> {
    const client = new MongoClient(this.uri, { directConnection: true, serverSelectionTimeoutMS: 500 });
    try {
      const admin = client.db('admin');
      await configure(admin, `127.0.0.1:${this.port}`);
      return (await admin.command({ hello: 1 })).isWritablePrimary === true;
    } catch {
      return false;
    } finally {
      await client.close();
    }
  }
}

/** Makes the only member of the replica set known by `host`: data of a standalone mongod has no set, older data another port. */
async function configure(admin: Db, host: string): Promise<void> {
  const members = [{ _id: 0, host }];
  const config = await admin.command({ replSetGetConfig: 1 }).then(
    (answer): Document => answer.config,
    () => undefined, // not initiated yet
  );
  if (config === undefined) await admin.command({ replSetInitiate: { _id: 'rs0', members } });
  else if (config.members[0].host !== host)
    await admin.command({ replSetReconfig: { ...config, version: config.version + 1, members }, force: true });
}
