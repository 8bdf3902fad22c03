import { execFileSync } from 'node:child_process';
import { execa } from 'execa';
import { ProjectCopy } from '../../../tools/projectCopy';
import { project as name } from '../../stack/support/source';

/** Ports and names of its own: a developer's own stack may run beside the tests. */
export const stack = 'e2e';
export const profile = `${name}-${stack}`;
export const ports = { nodePort: '30600', registryPort: '5600' };
export const url = `http://127.0.0.1:${ports.nodePort}`;

/** Skips the tests of `context` where a program that they need can't be run, or one of `others` is missing. Says which. */
export function skipUnlessRunnable(context: Mocha.Context, others: readonly string[] = []): void {
  const missing = [...missingPrograms(), ...others];
  if (missing.length === 0) return;
  console.log(`    skipped, as these can't be had: ${missing.join(', ')}`);
  context.skip();
}

function missingPrograms(): string[] {
  const answers = (command: string, ...args: string[]): boolean => {
    try {
      execFileSync(command, args, { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };
  return [
    ...(answers('docker', 'info') ? [] : ['docker']),
    ...(answers('minikube', 'version') ? [] : ['minikube']),
    ...(answers('pulumi', 'version') ? [] : ['pulumi']),
  ];
}

/** A program that runs. */
export interface Started {
  readonly child: ReturnType<ProjectCopy['run']>;
  output(): string;
}

/** A copy of the project, committed to git, with a stack of its own, used as a person would: through `npm run` and `pulumi`. */
export class Project {
  private constructor(private readonly copy: ProjectCopy) {}

  static async copy(): Promise<Project> {
    const settings = Object.entries(ports).map(([key, port]) => `  ${name}:${key}: "${port}"\n`);
    const environment = { ...process.env, PULUMI_CONFIG_PASSPHRASE: 'of the tests' };
    const files = { [`Pulumi.${stack}.yaml`]: `config:\n${settings.join('')}` };
    const project = new Project(await ProjectCopy.make({ stack, environment, files }));
    for (const file of ['.gitignore', '.pulumi/.gitignore']) await project.copy.restore(file);
    await project.git('init', '--quiet');
    await project.git('add', '--all');
    await project.git(
      '-c',
      'user.name=e2e',
      '-c',
      'user.email=e2e@localhost',
      'commit',
      '--quiet',
      '--message=as cloned',
    );
    return project;
  }

  get folder(): string {
    return this.copy.folder;
  }

  /** What git reports as changed since the copy was made. */
  changes(): Promise<string> {
    return this.git('status', '--porcelain');
  }

  /** `npm run SCRIPT -- --stack e2e ARGUMENTS`. Returns what it printed; throws with it on failure. */
  npm(script: string, ...args: string[]): Promise<string> {
    return printed(this.copy.npm(script, ...args));
  }

  /** `pulumi ARGUMENTS`, as the README tells a person to call it. */
  pulumi(...args: string[]): Promise<string> {
    return printed(this.copy.pulumi(...args));
  }

  kubectl(...args: string[]): Promise<string> {
    return this.npm('kubectl', ...args);
  }

  exec(command: string, args: readonly string[], variables: NodeJS.ProcessEnv = {}): Promise<string> {
    return printed(this.copy.run(command, args, { ...this.copy.environment, ...variables }));
  }

  /** Starts the TypeScript program `file` of the project on the stack: no npm or shell stands between it and a signal. */
  start(file: string, ...args: string[]): Started {
    const child = this.copy.run(process.execPath, ['--import', 'tsx', file, '--stack', stack, ...args]);
    let output = '';
    child.all.on('data', (text: Buffer) => {
      output += text.toString();
    });
    return { child, output: () => output };
  }

  /** Replaces `before` by `after` in `file`, which must hold it. */
  edit(file: string, before: string, after: string): Promise<void> {
    return this.copy.edit(file, before, after);
  }

  remove(): Promise<void> {
    return this.copy.remove();
  }

  private async git(...args: string[]): Promise<string> {
    return (await execa('git', args, { cwd: this.folder })).stdout;
  }
}

async function printed(run: ReturnType<ProjectCopy['run']>): Promise<string> {
  const { failed, command, all } = await run;
  if (failed) throw new Error(`${command} failed:\n${all}`);
  return all;
}
