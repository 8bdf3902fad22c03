import { join } from 'node:path';
import { concurrency } from '../scale';
import { benchFolder, pythonFolder } from '../paths';

/** A contestant's process. */
export interface Program {
  /** Also the name of its log. */
  readonly name: string;
  readonly isNode: boolean;
  readonly command: string;
  readonly arguments: (port: number) => readonly string[];
}

/** Everything that listens and is measured, one process each. */
export const programs = {
  bareNode: node('bare-node', 'peers/bareNode.js'),
  bareKoa: node('bare-koa', 'peers/bareKoa.js'),
  koaRouter: node('koa-router', 'peers/koaRouter.js'),
  express: node('express', 'peers/express.js'),
  fastify: node('fastify', 'peers/fastify.js'),
  flask: {
    name: 'flask',
    isNode: false,
    command: join(pythonFolder, 'bin', 'gunicorn'),
    arguments: (port) => [
      '--chdir', join(benchFolder, 'peers'), '--bind', `127.0.0.1:${port}`,
      '--workers', '1', '--threads', String(concurrency), '--timeout', '300', 'flask_app:app',
    ],
  },
  /** The file that the container runs. */
  ours: node('ours', 'dist/main.js'),
  /** The same app, logs and metrics off. */
  quiet: node('ours-quiet', 'dist/quiet.js'),
  /** What a cold start is held against. */
  connected: node('connected', 'dist/connected.js'),
} as const satisfies Record<string, Program>;

function node(name: string, file: string): Program {
  const path = join(benchFolder, file);
  return { name, isNode: true, command: process.execPath, arguments: () => ['--require', join(benchFolder, 'process/usage.cjs'), path] };
}
