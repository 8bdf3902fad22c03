import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { project as name } from '../../stack/support/source';

const run = promisify(execFile);
const root = join(__dirname, '..', '..', '..');

/** Ports and names of its own: a developer's own stack may run beside the tests. */
export const stack = 'e2e';
export const profile = `${name}-${stack}`;
export const ports = { nodePort: '30600', registryPort: '5600' };
export const url = `http://127.0.0.1:${ports.nodePort}`;

/** A fresh clone of the project with a stack of its own, used as a person would: through `npm run` and `pulumi`. */
export class Project {
  private constructor(readonly folder: string) {}

  static async copy(): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), 'project-e2e-')));
    const { stdout } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root });
    for (const file of stdout.trim().split('\n')) {
      await cp(join(root, file), join(project.folder, file), { recursive: true });
    }
    await symlink(join(root, 'node_modules'), join(project.folder, 'node_modules'));
    const settings = Object.entries(ports).map(([key, port]) => `  ${name}:${key}: "${port}"\n`);
    await writeFile(join(project.folder, `Pulumi.${stack}.yaml`), `config:\n${settings.join('')}`);
    await writeFile(join(project.folder, '.pulumi-passphrase'), 'of the tests');
    const git = (...args: string[]) => run('git', args, { cwd: project.folder });
    await git('init', '--quiet');
    await git('add', '--all');
    await git('-c', 'user.name=e2e', '-c', 'user.email=e2e@localhost', 'commit', '--quiet', '--message=as cloned');
    return project;
  }

  /** What git reports as changed since the clone. */
  async changes(): Promise<string> {
    return (await run('git', ['status', '--porcelain'], { cwd: this.folder })).stdout.trim();
  }

  /** `npm run SCRIPT -- --stack e2e ARGUMENTS`. Returns what it printed; throws with it on failure. */
  npm(script: string, ...args: string[]): Promise<string> {
    return this.exec('npm', ['run', '--silent', script, '--', '--stack', stack, ...args]);
  }

  /** `pulumi ARGUMENTS`, as the README tells a person to call it. */
  pulumi(...args: string[]): Promise<string> {
    return this.exec('pulumi', [...args, '--stack', stack, '--non-interactive']);
  }

  kubectl(...args: string[]): Promise<string> {
    return this.npm('kubectl', ...args);
  }

  async exec(command: string, args: readonly string[], variables: NodeJS.ProcessEnv = {}): Promise<string> {
    const env = {
      ...process.env,
      ...variables,
      PULUMI_CONFIG_PASSPHRASE_FILE: join(this.folder, '.pulumi-passphrase'),
    };
    try {
      const { stdout, stderr } = await run(command, args, { cwd: this.folder, env, maxBuffer: 64 * 1024 * 1024 });
      return stdout + stderr;
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error });
    }
  }

  /** Replaces `before` by `after` in `file`, which must hold it. */
  async edit(file: string, before: string, after: string): Promise<void> {
    const path = join(this.folder, file);
    const text = await readFile(path, 'utf8');
    if (!text.includes(before)) throw new Error(`${file} does not hold '${before}'`);
    await writeFile(path, text.replace(before, after));
  }

  async remove(): Promise<void> {
    if (dirname(this.folder) === tmpdir()) await rm(this.folder, { recursive: true });
  }
}
