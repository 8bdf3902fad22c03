import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { execa, type Result } from 'execa';

const root = resolve(__dirname, '..');

/** Files that the commands and the Pulumi program need. */
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

interface ProjectCopyOptions {
  /** Stack of `npm` and `pulumi`. */
  readonly stack: string;
  /** All environment variables of programs in the copy. Default: those of this process. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Content of additional files, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** The project's sources in a temporary folder: changes can be deployed without touching the user's files. */
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
   * Replaces the first `before` in `file` with `after`.
   * @throws if `file` does not contain `before`.
   */
  async edit(file: string, before: string, after: string): Promise<void> {
    const path = join(this.folder, file);
    const text = await readFile(path, 'utf8');
    if (!text.includes(before)) throw new Error(`${file} has no '${before}' to replace: adapt the caller.`);
    const edited = text.replace(before, () => after); // a function, as `$` in `after` has no meaning
    await writeFile(path, edited);
  }

  /** Copies `file` from the project again, or removes it if the project does not have it. */
  async restore(file: string): Promise<void> {
    await rm(join(this.folder, file), { force: true });
    if (existsSync(join(root, file))) await cp(join(root, file), join(this.folder, file));
  }

  /** Starts `program` in the copy. It never rejects: see `failed`, and `all` for its output on both streams. */
  start(program: string, args: readonly string[], env = this.environment) {
    const child = execa(program, args, { cwd: this.folder, env, extendEnv: false, reject: false, all: true });
    this.#running.add(child);
    void child.then(() => this.#running.delete(child));
    return child;
  }

  /** Starts `pulumi ARGUMENTS` on the stack. */
  startPulumi(...args: readonly string[]) {
    return this.start('pulumi', [...args, '--stack', this.stack, '--non-interactive', '--color=never']);
  }

  /** Standard output of `program`, as of `pulumi`, `npm` and `kubectl` below. @throws an Error with all output if it fails. */
  run(program: string, args: readonly string[], env = this.environment): Promise<string> {
    return outputOf(this.start(program, args, env));
  }

  pulumi(...args: readonly string[]): Promise<string> {
    return outputOf(this.startPulumi(...args));
  }

  /** `pulumi up` without questions. */
  up(...args: readonly string[]): Promise<string> {
    return this.pulumi('up', '--yes', '--skip-preview', ...args);
  }

  /** `npm run SCRIPT` on the stack. */
  npm(script: string, ...args: readonly string[]): Promise<string> {
    return this.run('npm', ['run', '--silent', script, '--', '--stack', this.stack, ...args]);
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return this.npm('kubectl', ...args);
  }

  /** What a preview would change after a refresh; '' for nothing. */
  async previewChanges(): Promise<string> {
    const { failed, all } = await this.startPulumi('preview', '--refresh', '--expect-no-changes');
    const lines = all.split('\n').filter((line) => /^ *[~+-]|error/.test(line));
    return failed ? lines.map((line) => line.trim()).join('; ') || all : '';
  }

  /** Interrupts running programs, as Ctrl-C does, and waits for their end: Pulumi finishes its current step. */
  async end(): Promise<void> {
    for (const child of this.#running) child.kill('SIGINT');
    await Promise.all(this.#running);
  }

  async remove(): Promise<void> {
    await this.end();
    await rm(this.folder, { recursive: true });
  }
}

/** A program that has ended. */
type Run = Pick<Result<{ all: true; reject: false }>, 'all' | 'command' | 'failed' | 'stdout'>;

/** Standard output of a program. @throws an Error with all output if it fails. */
export async function outputOf(child: PromiseLike<Run>): Promise<string> {
  const { failed, command, all, stdout } = await child;
  if (failed) throw new Error(`${command} failed:\n${all}`);
  return stdout;
}
