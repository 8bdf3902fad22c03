import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { execa, type Result } from 'execa';

const root = resolve(__dirname, '..');

/** The files that the commands and the stack's program need. */
const sources = [
  'stack',
  'service',
  'examples',
  'tools',
  'Pulumi.yaml',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];
const excluded = ['node_modules', 'dist', 'results'];

/** A program that has ended. `all` is what it printed to either stream, `failed` is true if its exit code was not 0. */
export type Run = Pick<Result<{ all: true; reject: false }>, 'all' | 'command' | 'durationMs' | 'failed' | 'stdout'>;

interface ProjectCopyOptions {
  /** Stack that `npm` and `pulumi` work on. */
  readonly stack: string;
  /** Every environment variable of what runs in the copy. Default: those of this process. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Content of files to add, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** The project's sources in a temporary folder: what is changed there can be deployed, and the user's files stay as they are. */
export class ProjectCopy {
  readonly #running = new Set<{ kill(signal: NodeJS.Signals): boolean } & PromiseLike<unknown>>();

  private constructor(
    readonly folder: string,
    readonly stack: string,
    readonly environment: NodeJS.ProcessEnv,
  ) {}

  static async make({ stack, environment = process.env, files = {} }: ProjectCopyOptions): Promise<ProjectCopy> {
    const copy = new ProjectCopy(await mkdtemp(join(tmpdir(), 'project-')), stack, environment);
    const filter = (path: string): boolean => !excluded.includes(basename(path));
    await Promise.all(
      sources.map((name) => cp(join(root, name), join(copy.folder, name), { recursive: true, filter })),
    );
    await symlink(join(root, 'node_modules'), join(copy.folder, 'node_modules'), 'junction');
    await Promise.all(Object.entries(files).map(([name, content]) => writeFile(join(copy.folder, name), content)));
    return copy;
  }

  /**
   * Replaces the first `before` in `file` by `after`.
   * @throws if `file` has no `before`.
   */
  async edit(file: string, before: string, after: string): Promise<void> {
    const path = join(this.folder, file);
    const text = await readFile(path, 'utf8');
    if (!text.includes(before)) throw new Error(`${file} has no '${before}' to replace: adapt the caller.`);
    await writeFile(
      path,
      text.replace(before, () => after),
    ); // a function: `$` in `after` has no meaning
  }

  /** Copies `file` from the project again. A file that the project does not have is removed. */
  async restore(file: string): Promise<void> {
    await rm(join(this.folder, file), { force: true });
    await cp(join(root, file), join(this.folder, file)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }

  /** Runs `program` in the copy. Never rejects: see `failed`. */
  run(program: string, args: readonly string[], env = this.environment) {
    const child = execa(program, args, { cwd: this.folder, env, extendEnv: false, reject: false, all: true });
    this.#running.add(child);
    void child.then(() => this.#running.delete(child));
    return child;
  }

  /** `pulumi ARGUMENTS` on the stack. */
  pulumi(...args: readonly string[]) {
    return this.run('pulumi', [...args, '--stack', this.stack, '--non-interactive', '--color=never']);
  }

  /** `pulumi up` without questions. */
  up(...args: readonly string[]) {
    return this.pulumi('up', '--yes', '--skip-preview', ...args);
  }

  /** `npm run SCRIPT` on the stack. */
  npm(script: string, ...args: readonly string[]) {
    return this.run('npm', ['run', '--silent', script, '--', '--stack', this.stack, ...args]);
  }

  /** Interrupts what still runs in the copy, as Ctrl-C does, and waits for its end: Pulumi finishes its current step. */
  async end(): Promise<void> {
    for (const child of this.#running) child.kill('SIGINT');
    await Promise.all(this.#running);
  }

  async remove(): Promise<void> {
    await this.end();
    await rm(this.folder, { recursive: true });
  }
}

/**
 * The run itself.
 * @throws an Error with the end of what the program printed, if it failed.
 */
export function assertDone(run: Run): Run {
  if (!run.failed) return run;
  throw new Error(`${run.command} failed:\n${run.all.trim().split('\n').slice(-30).join('\n')}`);
}
