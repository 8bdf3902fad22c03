import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import type { DatabaseServer } from './databaseServer';

/** Milliseconds for a database to answer after its start. Recovery of a killed one is part of it. */
const startMs = 60_000;
/** Characters of its output that are kept, to tell why it failed. */
const outputLength = 4000;

/** A database server as a child process, on one folder and one port through all of its restarts. */
export class DatabaseProcess {
  readonly uri: string;
  #child: ChildProcess | undefined;
  #output = '';

  constructor(
    readonly server: DatabaseServer,
    readonly folder: string,
    readonly port: number,
  ) {
    this.uri = `mongodb://127.0.0.1:${port}/app`;
  }

  /** Resolves when it answers; rejects with the end of its output if it ends or does not answer. */
  async start(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const child = spawn(this.server.command, this.server.arguments(this.folder, this.port), {
      // In a group of its own: Ctrl-C must reach it by its owner, which closes its own connections first.
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text: Buffer) => {
        this.#output = `${this.#output}${text.toString()}`.slice(-outputLength);
      });
    }
    let failure: Error | undefined;
    child.on('error', (error) => {
      failure = error;
    });
    for (const end = Date.now() + startMs; Date.now() < end; ) {
      if (await this.#answers()) return;
      if (failure !== undefined || this.#ended) break;
      await sleep(50);
    }
    await this.kill();
    throw new Error(
      `The database did not start: ${this.server.title}, data in ${this.folder}, port ${this.port}. ` +
        `If an earlier one still has that folder, end it. Its last words:\n${failure?.message ?? this.#output.trim()}`,
      { cause: failure },
    );
  }

  /** Ends it as `kill -9` does. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends it in good order. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Freezes it, as a machine that swaps or a lost network do: connections stay open, and nothing answers. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  get #ended(): boolean {
    return this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined || this.#ended) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    // What ignores SIGTERM must not outlive its owner.
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  }

  async #answers(): Promise<boolean> {
    const client = new MongoClient(this.uri, { serverSelectionTimeoutMS: 500, connectTimeoutMS: 500 });
    try {
      await client.db().command({ ping: 1 });
      return true;
    } catch {
      return false;
    } finally {
      await client.close();
    }
  }
}
