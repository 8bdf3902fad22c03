import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { portHolder } from '../../../../stack/preflight/ports';
import { readProject } from '../../../../tools/cli/shared/configuration';
import { repository } from './fakePrograms';

/** What a command came to. */
export interface Outcome {
  readonly code: number | null;
  /** Standard output and error, as they came. */
  readonly output: string;
}

/** A command that runs. */
export interface Running {
  output(): string;
  kill(signal: NodeJS.Signals): void;
  readonly outcome: Promise<Outcome>;
}

/** A copy of this project to run commands in. */
export interface Project {
  readonly folder: string;
  /** Of its stack `dev`: free. */
  readonly nodePort: number;
  /** Starts a command, in `environment` and nothing else. */
  start(environment: NodeJS.ProcessEnv, command: string, ...args: readonly string[]): Running;
  /** Runs one to its end. */
  run(environment: NodeJS.ProcessEnv, command: string, ...args: readonly string[]): Promise<Outcome>;
  remove(): Promise<void>;
}

const parts = ['tools', 'service', 'stack', 'package.json', 'package-lock.json', 'tsconfig.json', 'Pulumi.yaml'];

export async function copyProject(): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'project-'));
  const filter = (source: string): boolean => !['dist', 'node_modules'].includes(basename(source));
  await Promise.all(parts.map((part) => cp(join(repository, part), join(folder, part), { recursive: true, filter })));
  await symlink(join(repository, 'node_modules'), join(folder, 'node_modules'));
  const { name } = await readProject(folder);
  const nodePort = await freePort(30000);
  await writeFile(
    join(folder, 'Pulumi.dev.yaml'),
    `# A comment to keep.
config:
  ${name}:cluster: minikube
  ${name}:expose: nodePort
  ${name}:nodePort: ${nodePort}
  ${name}:registryPort: ${await freePort(5500)}
  ${name}:mongoImage: mongo:4.4 # runs on any processor
`,
  );
  const begin: Project['start'] = (environment, command, ...args) =>
    start(folder, environment, ['--import', 'tsx', `tools/cli/${command}.ts`, ...args]);
  return {
    folder,
    nodePort,
    start: begin,
    run: (...args) => begin(...args).outcome,
    remove: () => rm(folder, { recursive: true }),
  };
}

/** Starts Node with `args` in `folder`, in `environment` and nothing else. */
function start(folder: string, environment: NodeJS.ProcessEnv, args: readonly string[]): Running {
  const child = spawn(process.execPath, args, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => {
      output += text.toString();
    });
  return {
    output: () => output,
    kill: (signal) => child.kill(signal),
    outcome: once(child, 'close').then(([code]: (number | null)[]) => ({ code: code ?? null, output })),
  };
}

/** The first port from `first` on that nobody holds: a stack may run here. */
async function freePort(first: number): Promise<number> {
  return (await portHolder(first)) === undefined ? first : freePort(first + 1);
}
