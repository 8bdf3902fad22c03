import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import { workFolder } from '../paths';
import { concurrency } from '../scale';
import type { Program } from './programs';

/** Milliseconds for a server to answer its first request. */
const startMs = 30_000;

/** What a process has used since it began. */
export interface Usage {
  readonly cpuMs: number;
  readonly rssBytes: number;
  /** The highest that its resident memory ever was. */
  readonly peakRssBytes: number;
}

/** One contestant as a process of its own, listening on 127.0.0.1. */
export class Server {
  private constructor(
    readonly program: Program,
    readonly url: string,
    /** Path of what it says. */
    readonly log: string,
    /** `performance.now()` just before it began. */
    readonly begin: number,
    private readonly child: ChildProcess,
  ) {}

  /** Starts `program` on the database `mongoUri`. It may not listen yet: see `answers`. */
  static async spawn(program: Program, mongoUri: string): Promise<Server> {
    const port = await getPort();
    const log = join(workFolder, `${program.name}.log`);
    mkdirSync(workFolder, { recursive: true });
    // A file: what is logged must be written, as in a container, and nobody's CPU is taken to read it.
    const output = openSync(log, 'w');
    const metricsPort = await getPort();
    const begin = performance.now();
    const child = spawn(program.command, program.arguments(port), {
      stdio: ['ignore', output, output, ...(program.isNode ? ['ipc' as const] : [])],
      env: {
        ...process.env,
        NODE_ENV: 'production',
        MONGODB_URI: mongoUri,
        HTTP_PORT: String(port),
        METRICS_PORT: String(metricsPort),
        MAX_POOL_SIZE: String(concurrency),
      },
    });
    child.on('error', () => {}); // `answers` tells it
    closeSync(output);
    return new Server(program, `http://127.0.0.1:${port}`, log, begin, child);
  }

  /** Starts `program` and resolves when `GET path` is 200. */
  static async start(program: Program, mongoUri: string, path = '/'): Promise<Server> {
    const server = await Server.spawn(program, mongoUri);
    await server.answers(path);
    return server;
  }

  /** Resolves as soon as `GET path` is 200; asks every `everyMs`. Rejects if the process ends, or not in time. */
  async answers(path: string, everyMs = 20): Promise<void> {
    for (const end = performance.now() + startMs; performance.now() < end && this.child.exitCode === null; ) {
      const response = await fetch(this.url + path).catch(() => undefined);
      await response?.arrayBuffer();
      if (response?.status === 200) return;
      await sleep(everyMs);
    }
    await this.stop();
    throw new Error(`${this.program.name} does not answer GET ${path}. What it said is in ${this.log}.`);
  }

  /** Undefined for what is not Node. */
  async usage(): Promise<Usage | undefined> {
    if (!this.program.isNode) return undefined;
    const told = once(this.child, 'message', { signal: AbortSignal.timeout(startMs) }) as Promise<[Usage]>;
    this.child.send('usage');
    return (await told)[0];
  }

  /** Ends it at once: nothing of a peer is worth a drain. */
  async stop(): Promise<void> {
    if (this.child.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}
