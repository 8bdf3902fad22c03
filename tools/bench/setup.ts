import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { bundle } from '../../service/bundle';
import { messageOf, root } from '../cli/shared/cli';
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

/** Installs the peers, and bundles the service. */
export async function prepare(log: (message: string) => void): Promise<void> {
  mkdirSync(workFolder, { recursive: true });
  const requirements = join(root, 'examples/flask/requirements.txt');
  log('Installing the peers …'); // a few seconds if they are there
  try {
    await execa('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', benchFolder]);
    await execa('python3', ['-m', 'venv', pythonFolder]);
    await execa(join(pythonFolder, 'bin/pip'), ['install', '--quiet', '--requirement', requirements]);
  } catch (cause) {
    throw new Error(
      `The peers can't be installed: ${messageOf(cause)}\n` +
        'The benchmark needs npm, Python 3.10 or later with venv, and access to their package registries.',
      { cause },
    );
  }
  await bundle({ main: join(root, 'service/main.ts'), limits: join(benchFolder, 'limits.js') }, bundleFolder);
}
