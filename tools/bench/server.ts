import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import getPort from 'get-port';
import { until } from '../../stack/cluster/until';
import { imageCommand } from '../../stack/workloads/devMode';
import { root } from '../cli/shared/cli';
import { concurrency } from './scenario';
import { benchFolder, bundles, gunicorn, workFolder } from './setup';

const node = process.execPath;
const peer = (name: string): string[] => [node, join(benchFolder, 'peers.js'), name];

/** Command lines of the contestants. Each listens on `HTTP_PORT` of 127.0.0.1. */
const programs = {
  /** The image's file, with the image's options of Node. */
  ours: [node, ...imageCommand(join(root, 'service/Dockerfile')).slice(1, -1), bundles.service],
  'bare Koa': peer('bareKoa'),
  'Koa + router': peer('koaRouter'),
  Express: peer('express'),
  Fastify: peer('fastify'),
  Flask: [gunicorn, '--chdir', benchFolder, '--threads', String(concurrency), '--timeout', '300', 'flask_app:app'],
  'bare Node, driver connected': [node, bundles.limits, 'connected'],
} as const satisfies Record<string, readonly string[]>;
export type Program = keyof typeof programs;

const environment = (mongoUri: string): NodeJS.ProcessEnv => ({ NODE_ENV: 'production', MONGODB_URI: mongoUri });

/** A contestant's process. */
export type Server = Awaited<ReturnType<typeof startServer>>;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

interface ServerOptions {
  /** The server is up when this returns 200. Default: `/`. */
  readonly path?: string;
  /** To a file, as in a container, or to a pipe that is not read. */
  readonly output?: 'file' | 'unread';
}

async function startServer(program: Program, mongoUri: string, { path = '/', output = 'file' }: ServerOptions) {
  const [port, metricsPort] = [await getPort(), await getPort()];
  const log = join(workFolder, `${program}.log`);
  const file = openSync(log, 'w');
  const ports = { HTTP_PORT: String(port), METRICS_PORT: String(metricsPort) };
  const begin = performance.now();
  const [command, ...args] = programs[program];
  const child = spawn(command, args, {
    stdio: ['ignore', output === 'file' ? file : 'pipe', file],
    env: { ...process.env, ...environment(mongoUri), ...ports, GUNICORN_CMD_ARGS: `--bind=127.0.0.1:${port}` },
  });
  closeSync(file);
  await once(child, 'spawn');
  running.add(child);
  const url = `http://127.0.0.1:${port}`;
  const assertRuns = (): void => {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${program} ended. Its log: ${log}`);
  };
  const answers = async (): Promise<boolean> => {
    assertRuns();
    const response = await fetch(url + path).catch(() => undefined);
    await response?.arrayBuffer();
    return response?.status === 200;
  };
  await until(`${program} responds to GET ${path}`, answers, 30_000, 2);
  return {
    program,
    url,
    /** Path of its log. */
    log,
    /** Milliseconds from its start to the first 200. */
    startMs: performance.now() - begin,

    /** What it has used since its start: CPU, and resident memory with its maximum. Undefined without /proc, and for Flask's several processes. */
    async usage() {
      assertRuns();
      if (process.platform !== 'linux' || program === 'Flask') return undefined;
      const read = (file: string): Promise<string> => readFile(`/proc/${child.pid}/${file}`, 'utf8');
      const [stat, status] = [await read('stat'), await read('status')];
      const [user, system] = stat.split(') ')[1]!.split(' ').slice(11, 13).map(Number);
      const mebibytes = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024;
      return { cpuMs: (user! + system!) * 10, rssMiB: mebibytes('VmRSS'), peakRssMiB: mebibytes('VmHWM') }; // a tick is 10 ms
    },

    /** Resolves when it has ended. */
    async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
      running.delete(child);
    },
  };
}

/** Starts `program` with the database `mongoUri` for a call of `measure`. Each measurement has its own process. */
export async function withServer<T>(
  program: Program,
  mongoUri: string,
  measure: (server: Server) => Promise<T>,
  options: ServerOptions = {},
): Promise<T> {
  const server = await startServer(program, mongoUri, options);
  return measure(server).finally(() => server.stop());
}

/** Runs a limit of `limits.js` with the database `mongoUri`. Resolves to its result. */
export async function runLimit(name: string, mongoUri: string, ...args: readonly unknown[]): Promise<number> {
  const command = [join(benchFolder, 'limits.js'), name, ...args.map(String)];
  return Number((await execa(process.execPath, command, { env: environment(mongoUri) })).stdout);
}
