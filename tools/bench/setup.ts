import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundle } from '../../service/bundle';
import { root } from '../cli/shared/cli';
import { localFolder } from '../database/databaseProcess';

export const benchFolder = __dirname;

/** Logs, data, and results of quick runs. Git ignores it. */
export const workFolder = resolve(localFolder, 'bench');

/** Virtual environment of the Python peer. */
const pythonFolder = resolve(workFolder, 'python');
export const gunicorn = join(pythonFolder, 'bin/gunicorn');

/** Below `bench/`, so that external packages are found in its `node_modules`. */
const bundleFolder = resolve(benchFolder, 'dist');
export const bundles = { service: join(bundleFolder, 'main.js'), limits: join(bundleFolder, 'limits.js') } as const;

/** Installs the peers if necessary, and bundles the service. */
export async function prepare(log: (message: string) => void): Promise<void> {
  mkdirSync(workFolder, { recursive: true });
  const changedAt = (file: string): number =>
    statSync(join(benchFolder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (changedAt('node_modules/.package-lock.json') < changedAt('package-lock.json')) {
    log('Installing the peers by npm …');
    run('npm', ['ci', '--no-audit', '--no-fund', '--prefix', benchFolder]);
  }
  if (!existsSync(gunicorn)) {
    log('Installing the Python peer by pip …');
    run('python3', ['-m', 'venv', pythonFolder]);
    run(join(pythonFolder, 'bin/pip'), ['install', '--quiet', '--requirement', join(benchFolder, 'requirements.txt')]);
  }
  await bundle({ main: join(root, 'service/main.ts'), limits: join(benchFolder, 'limits.js') }, bundleFolder);
}

function run(command: string, args: readonly string[]): void {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (error) {
    throw new Error(
      `The peers can't be installed: \`${command} ${args.join(' ')}\` failed. The benchmark needs npm, Python 3.10 ` +
        'or later with venv, and access to their package registries.',
      { cause: error },
    );
  }
}
