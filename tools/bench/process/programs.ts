import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchFolder, projectFolder, pythonFolder } from '../paths';
import { concurrency } from '../scale';

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
      '--chdir',
      join(benchFolder, 'peers'),
      '--bind',
      `127.0.0.1:${port}`,
      '--workers',
      '1',
      '--threads',
      String(concurrency),
      '--timeout',
      '300',
      'flask_app:app',
    ],
  },
  /** The file that the container runs. */
  ours: node('ours', 'dist/main.js', imageOptions()),
  /** The same app, logs and metrics off. */
  quiet: node('ours-quiet', 'dist/quiet.js', imageOptions()),
  /** What a cold start is held against. */
  connected: node('connected', 'dist/connected.js'),
} as const satisfies Record<string, Program>;

function node(name: string, file: string, options: readonly string[] = []): Program {
  const all = [...options, '--require', join(benchFolder, 'process/usage.cjs'), join(benchFolder, file)];
  return { name, isNode: true, command: process.execPath, arguments: () => all };
}

/** The options that the image gives Node. */
function imageOptions(): readonly string[] {
  const [, command] = /^CMD (\[.*\])$/m.exec(readFileSync(join(projectFolder, 'service/Dockerfile'), 'utf8')) ?? [];
  if (command === undefined)
    throw new Error('service/Dockerfile has no CMD of the form ["node", …, "main.js"]: give it one.');
  return (JSON.parse(command) as string[]).slice(1, -1);
}
