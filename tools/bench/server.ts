import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import getPort from 'get-port';
import { until } from '../until';
import { concurrency } from './options';
import { benchFolder, connectedBundle, gunicorn, projectFolder, serviceBundle, workFolder } from './setup';

/** A program that listens on `HTTP_PORT` and is measured. */
export interface Program {
  /** Also the name of its log. */
  readonly name: string;
  readonly command: string;
  readonly arguments: (port: number) => readonly string[];
}

const flask = ['--chdir', join(benchFolder, 'peers'), '--workers', '1', '--threads', String(concurrency)];

export const programs = {
  bareNode: node('bare-node', join(benchFolder, 'peers/bareNode.js')),
  bareKoa: node('bare-koa', join(benchFolder, 'peers/bareKoa.js')),
  koaRouter: node('koa-router', join(benchFolder, 'peers/koaRouter.js')),
  express: node('express', join(benchFolder, 'peers/express.js')),
  fastify: node('fastify', join(benchFolder, 'peers/fastify.js')),
  flask: {
    name: 'flask',
    command: gunicorn,
    arguments: (port) => [...flask, '--timeout', '300', '--bind', `127.0.0.1:${port}`, 'flask_app:app'],
  },
  /** The container's file, with the container's options of Node. */
  ours: node('ours', serviceBundle, imageOptions()),
  /** The reference of a cold start. */
  connected: node('connected', connectedBundle),
} as const satisfies Record<string, Program>;

function node(name: string, file: string, options: readonly string[] = []): Program {
  const all = [...options, '--require', join(benchFolder, 'usage.cjs'), file];
  return { name, command: process.execPath, arguments: () => all };
}

function imageOptions(): readonly string[] {
  const [, command] = /^CMD (\[.*\])$/m.exec(readFileSync(join(projectFolder, 'service/Dockerfile'), 'utf8')) ?? [];
  if (command === undefined)
    throw new Error('service/Dockerfile has no CMD of the form ["node", …, "main.js"]: give it one.');
  return (JSON.parse(command) as string[]).slice(1, -1);
}

/** What a process has used since its start. */
export interface Usage {
  readonly cpuMs: number;
  readonly rssBytes: number;
  /** The highest value of its resident memory. */
  readonly peakRssBytes: number;
}

/** A contestant as a process of its own, on 127.0.0.1. */
export class Server {
  #startMs = 0;

  private constructor(
    readonly program: Program,
    readonly url: string,
    /** Path of its output. */
    readonly log: string,
    private readonly child: ChildProcess,
  ) {}

  /**
   * Starts `program` on the database `mongoUri`. Resolves when `GET path` is 200. Its output goes to a file, since it must be
   * written as in a container; if `output` is `unread`, to a pipe that nobody reads.
   */
  static async start(
    program: Program,
    mongoUri: string,
    { path = '/', output = 'file' }: { readonly path?: string; readonly output?: 'file' | 'unread' } = {},
  ): Promise<Server> {
    const port = await getPort();
    const log = join(workFolder, `${program.name}.log`);
    const file = openSync(log, 'w');
    const metricsPort = await getPort();
    const begin = performance.now();
    const child = spawn(program.command, program.arguments(port), {
      stdio: ['ignore', output === 'file' ? file : 'pipe', file, 'ipc'],
      env: {
        ...process.env,
        NODE_ENV: 'production',
        MONGODB_URI: mongoUri,
        HTTP_PORT: String(port),
        METRICS_PORT: String(metricsPort),
        MAX_POOL_SIZE: String(concurrency),
      },
    });
    closeSync(file);
    const server = new Server(program, `http://127.0.0.1:${port}`, log, child);
    await once(child, 'spawn');
    await until(
      `${program.name} answers GET ${path}`,
      async () => {
        if (child.exitCode !== null) throw new Error(`${program.name} ended. Its output is in ${log}.`);
        const response = await fetch(server.url + path).catch(() => undefined);
        await response?.arrayBuffer();
        return response?.status === 200;
      },
      30_000,
      2,
    );
    server.#startMs = performance.now() - begin;
    return server;
  }

  /** Milliseconds from its start to its first 200. */
  get startMs(): number {
    return this.#startMs;
  }

  /** Undefined for a program that is not Node. */
  async usage(): Promise<Usage | undefined> {
    if (this.program.command !== process.execPath) return undefined;
    const answer = once(this.child, 'message', { signal: AbortSignal.timeout(30_000) }) as Promise<[Usage]>;
    this.child.send('usage');
    return (await answer)[0];
  }

  /** Sends it `signal`. Resolves when it has ended. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill(signal);
    await ended;
  }
}

/** Starts `program`, hands it to `measure`, and ends it. Each measurement has a process of its own. */
export async function withServer<T>(
  program: Program,
  mongoUri: string,
  measure: (server: Server) => Promise<T>,
): Promise<T> {
  const server = await Server.start(program, mongoUri);
  return measure(server).finally(() => server.stop());
}

/** Runs a program of `limits/`, the driver alone, on the database `mongoUri`. Resolves to the number that it prints. */
export async function runLimit(name: string, mongoUri: string, ...args: readonly unknown[]): Promise<number> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(benchFolder, 'limits', `${name}.js`), ...args.map(String)],
    { env: { ...process.env, NODE_ENV: 'production', MONGODB_URI: mongoUri, MAX_POOL_SIZE: String(concurrency) } },
  );
  return Number(stdout);
}
