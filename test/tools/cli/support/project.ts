import getPort, { portNumbers } from 'get-port';
import { scripts } from '../../../../package.json';
import { readProject } from '../../../../tools/cli/shared/configuration';
import { ProjectCopy } from '../../../../tools/projectCopy';
import { repository } from './fakePrograms';

/** What a command came to. */
export interface Outcome {
  readonly code: number | undefined;
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

export async function copyProject(): Promise<Project> {
  const { name } = await readProject(repository);
  const freePort = (first: number) => getPort({ host: '127.0.0.1', port: portNumbers(first, first + 2000) });
  const [nodePort, registryPort] = [await freePort(30000), await freePort(5500)];
  const settings = `# A comment to keep.
config:
  ${name}:cluster: minikube
  ${name}:expose: nodePort
  ${name}:nodePort: ${nodePort}
  ${name}:registryPort: ${registryPort}
  ${name}:mongoImage: mongo:4.4 # runs on any processor
`;
  const copy = await ProjectCopy.make({ stack: 'dev', files: { 'Pulumi.dev.yaml': settings } });
  const start: Project['start'] = (environment, command, ...args) => {
    const [, script = ''] = scripts[command as keyof typeof scripts].split('node --import '); // after the installation
    const child = copy.start(process.execPath, ['--import', ...script.split(' '), ...args], environment);
    let output = '';
    child.all.on('data', (text: Buffer) => {
      output += text.toString();
    });
    return {
      output: () => output,
      kill: (signal) => void child.kill(signal),
      outcome: child.then(({ exitCode }) => ({ code: exitCode, output })),
    };
  };
  return {
    folder: copy.folder,
    nodePort,
    start,
    run: (...args) => start(...args).outcome,
    remove: () => copy.remove(),
  };
}
