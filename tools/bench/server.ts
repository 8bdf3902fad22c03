import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import getPort from 'get-port';
import { until } from '../../stack/cluster/until';
import { imageCommand } from '../../stack/workloads/devMode';
import { root } from '../cli/shared/cli';
import { concurrency } from './scenario';
import { benchFolder, bundles, gunicorn, workFolder } from './setup';

const node = (...args: readonly string[]): string[] => [
  process.execPath,
  ...['--require', join(benchFolder, 'usage.cjs')],
  ...args,
];
const peer = (name: string): string[] => node(join(benchFolder, 'peers.js'), name);

/** Command lines of the contestants. Each listens on `HTTP_PORT` of 127.0.0.1. */
const programs = {
  /** The image's file, with the image's options of Node. */
  ours: node(...imageCommand(join(root, 'service/Dockerfile')).slice(1, -1), bundles.service),
  'bare Koa': peer('bareKoa'),
  'Koa + router': peer('koaRouter'),
  Express: peer('express'),
  Fastify: peer('fastify'),
  Flask: [gunicorn, '--chdir', benchFolder, '--threads', String(concurrency), '--timeout', '300', 'flask_app:app'],
  'bare Node, driver connected': node(bundles.limits, 'connected'),
} as const satisfies Record<string, readonly string[]>;
export type Program = keyof typeof programs;

const environment = (mongoUri: string): NodeJS.ProcessEnv => ({ NODE_ENV: 'production', MONGODB_URI: mongoUri });

/** Resources that a process has used since its start. */
export interface Usage {
  readonly cpuMs: number;
  readonly rssBytes: number;
  /** Maximum of the resident memory. */
  readonly peakRssBytes: number;
}

/** A contestant's process. */
export type Server = Awaited<ReturnType<typeof startServer>>;

/**
 * Starts `program` with the database `mongoUri`. Resolves when `GET path` returns 200. Its output is written to a file, as in a
 * container, or with `output: 'unread'` to a pipe that nobody reads.
 */
export async function startServer(
  program: Program,
  mongoUri: string,
  { path = '/', output = 'file' }: { readonly path?: string; readonly output?: 'file' | 'unread' } = {},
) {
  const [port, metricsPort] = [await getPort(), await getPort()];
  const log = join(workFolder, `${program}.log`);
  const file = openSync(log, 'w');
  const ports = { HTTP_PORT: String(port), METRICS_PORT: String(metricsPort) };
  const begin = performance.now();
  const [command, ...args] = programs[program];
  const child = spawn(command, args, {
    stdio: ['ignore', output === 'file' ? file : 'pipe', file, 'ipc'],
    env: { ...process.env, ...environment(mongoUri), ...ports, GUNICORN_CMD_ARGS: `--bind=127.0.0.1:${port}` },
  });
  closeSync(file);
  await once(child, 'spawn');
  const url = `http://127.0.0.1:${port}`;
  const answers = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`${program} ended. Its log: ${log}`);
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

    /** Undefined for Python. */
    async usage(): Promise<Usage | undefined> {
      if (program === 'Flask') return undefined;
      const answer = once(child, 'message', { signal: AbortSignal.timeout(30_000) }) as Promise<[Usage]>;
      child.send('usage');
      return (await answer)[0];
    },

    /** Resolves when it has ended. */
    async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}

/** Starts `program` for a call of `measure`. Each measurement has its own process. */
export async function withServer<T>(
  program: Program,
  mongoUri: string,
  measure: (server: Server) => Promise<T>,
): Promise<T> {
  const server = await startServer(program, mongoUri);
  return measure(server).finally(() => server.stop());
}

/** Runs a limit of `limits.js` with the database `mongoUri`. Resolves to its result. */
export async function runLimit(name: string, mongoUri: string, ...args: readonly unknown[]): Promise<number> {
  const command = [join(benchFolder, 'limits.js'), name, ...args.map(String)];
  return Number((await execa(process.execPath, command, { env: environment(mongoUri) })).stdout);
}
