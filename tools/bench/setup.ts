import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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

/** Installs the peers unless they are there, and bundles the service. */
export async function prepare(log: (message: string) => void): Promise<void> {
  mkdirSync(workFolder, { recursive: true });
  const requirements = join(root, 'examples/flask/requirements.txt');
  try {
    await installOnce(join(benchFolder, 'node_modules'), join(benchFolder, 'package-lock.json'), async () => {
      log('Installing the peers by npm …');
      await execa('npm', ['ci', '--no-audit', '--no-fund', '--prefix', benchFolder]);
    });
    await installOnce(pythonFolder, requirements, async () => {
      log('Installing the Python peer by pip …');
      await execa('python3', ['-m', 'venv', pythonFolder]);
      await execa(join(pythonFolder, 'bin/pip'), ['install', '--quiet', '--requirement', requirements]);
    });
  } catch (cause) {
    throw new Error(
      `The peers can't be installed: ${messageOf(cause)}\n` +
        'The benchmark needs npm, Python 3.10 or later with venv, and access to their package registries.',
      { cause },
    );
  }
  await bundle({ main: join(root, 'service/main.ts'), limits: join(benchFolder, 'limits.js') }, bundleFolder);
}

/** Calls `install` unless it has filled `folder` from the same `list`, of which a copy is kept there. */
async function installOnce(folder: string, list: string, install: () => Promise<void>): Promise<void> {
  const copy = join(folder, '.installed');
  const content = readFileSync(list, 'utf8');
  if (existsSync(copy) && readFileSync(copy, 'utf8') === content) return;
  await install();
  writeFileSync(copy, content);
}
