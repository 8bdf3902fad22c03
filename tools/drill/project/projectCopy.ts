import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { root } from '../../cli/shared/command';
import { passphraseFile } from '../../cli/shared/passphrase';
import { backendFolder } from '../../cli/shared/workspace';

/** What the stack's program is made of. */
const sources = ['stack', 'service', 'tools', 'Pulumi.yaml', 'package.json', 'package-lock.json', 'tsconfig.json'];

/** How a run of Pulumi ended. */
export interface Run {
  readonly ok: boolean;
  readonly seconds: number;
  readonly stdout: string;
  /** All that it printed. */
  readonly output: string;
}

/** The project's sources in a temporary folder, on the project's own state: what is changed here is deployed, the user's files stay. */
export class ProjectCopy {
  readonly #running = new Set<ChildProcess>();

  private constructor(
    readonly folder: string,
    readonly stack: string,
    readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** @param environment of all that runs in it: by default with the project's own backend and passphrase. */
  static async make(stack: string, environment = projectEnvironment()): Promise<ProjectCopy> {
    const copy = new ProjectCopy(await mkdtemp(join(tmpdir(), 'drill-')), stack, environment);
    const kept = (path: string): boolean => !path.endsWith(join('service', 'dist')); // what the bundler makes
    for (const name of [...sources, `Pulumi.${stack}.yaml`]) {
      await cp(join(root, name), join(copy.folder, name), { recursive: true, filter: kept }).catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOENT' || name !== `Pulumi.${stack}.yaml`) throw error; // all defaults: such a stack has no file
        },
      );
    }
    await symlink(join(root, 'node_modules'), join(copy.folder, 'node_modules'), 'junction');
    return copy;
  }

  /** Replaces `before` by `after` in `file`, which must hold it. */
  async edit(file: string, before: string, after: string): Promise<void> {
    const path = join(this.folder, file);
    const text = await readFile(path, 'utf8');
    if (!text.includes(before))
      throw new Error(`${file} does not hold '${before}': the drill that changes it must be adapted.`);
    await writeFile(
      path,
      text.replace(before, () => after),
    );
  }

  /** Undoes all edits of `file`. One that the project has not is removed. */
  async restore(file: string): Promise<void> {
    await rm(join(this.folder, file), { force: true });
    await cp(join(root, file), join(this.folder, file)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }

  /** `pulumi up` from this folder. */
  up(...args: readonly string[]): Promise<Run> {
    return this.pulumi('up', '--yes', '--skip-preview', ...args);
  }

  /** `pulumi ARGUMENTS` on the stack. */
  pulumi(...args: readonly string[]): Promise<Run> {
    return this.#run('pulumi', this.#arguments(args));
  }

  /** `npm run SCRIPT` on the stack. */
  npm(script: string): Promise<Run> {
    return this.#run('npm', ['run', '--silent', script, '--', '--stack', this.stack]);
  }

  /** Starts `pulumi ARGUMENTS` in a process group of its own. */
  start(...args: readonly string[]): ChildProcess {
    return this.#track(
      spawn('pulumi', this.#arguments(args), {
        cwd: this.folder,
        env: this.environment,
        stdio: 'ignore',
        detached: true,
      }),
    );
  }

  /** Lets what still runs finish what it is at, as Ctrl-C does. */
  async end(): Promise<void> {
    await Promise.all(
      [...this.#running].map(async (child) => {
        child.kill('SIGINT');
        await once(child, 'close');
      }),
    );
  }

  async remove(): Promise<void> {
    await this.end();
    if (dirname(this.folder) === tmpdir()) await rm(this.folder, { recursive: true });
  }

  async #run(program: string, args: readonly string[]): Promise<Run> {
    const start = Date.now();
    const run = promisify(execFile)(program, [...args], {
      cwd: this.folder,
      env: this.environment,
      maxBuffer: 64 * 1024 * 1024,
    });
    this.#track(run.child);
    const end = (
      ok: boolean,
      { stdout = '', stderr = '' }: { readonly stdout?: string; readonly stderr?: string },
    ): Run => ({ ok, seconds: (Date.now() - start) / 1000, stdout, output: stdout + stderr });
    return run.then(
      (said) => end(true, said),
      (error: { readonly stdout?: string; readonly stderr?: string }) => end(false, error),
    );
  }

  #track(child: ChildProcess): ChildProcess {
    this.#running.add(child);
    return child.once('close', () => this.#running.delete(child));
  }

  #arguments(args: readonly string[]): string[] {
    return [...args, '--stack', this.stack, '--non-interactive', '--color=never'];
  }
}

/** With the project's backend and passphrase, unless the user has others. */
function projectEnvironment(): NodeJS.ProcessEnv {
  const own = process.env.PULUMI_CONFIG_PASSPHRASE ?? process.env.PULUMI_CONFIG_PASSPHRASE_FILE;
  return {
    PULUMI_BACKEND_URL: `${pathToFileURL(backendFolder).href}?metadata=skip`, // as in Pulumi.yaml
    ...(own === undefined && { PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(root) }),
    ...process.env,
  };
}

/** @throws an Error with the end of what Pulumi said, unless `run` succeeded. */
export function assertDone(what: string, run: Run): Run {
  if (run.ok) return run;
  throw new Error(`${what} failed:\n${run.output.trim().split('\n').slice(-30).join('\n')}`);
}
