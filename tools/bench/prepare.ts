import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../../service/bundle';
import { benchFolder, bundleFolder, projectFolder, pythonFolder } from './paths';

/** Installs the peers where they are not, and bundles what ships as one file. */
export function prepare(tell: (message: string) => void): void {
  if (!existsSync(join(benchFolder, 'node_modules/.package-lock.json'))) {
    tell('Installing the peers by npm …');
    run('npm', ['ci', '--no-audit', '--no-fund', '--prefix', benchFolder]);
  }
  if (!existsSync(join(pythonFolder, 'bin/gunicorn'))) {
    tell('Installing the Python peer by pip …');
    run('python3', ['-m', 'venv', pythonFolder]);
    run(join(pythonFolder, 'bin/pip'), ['install', '--quiet', '--requirement', join(benchFolder, 'requirements.txt')]);
  }
  bundle(
    {
      main: join(projectFolder, 'service/main.ts'),
      quiet: join(benchFolder, 'peers/quiet.ts'),
      connected: join(benchFolder, 'limits/connected.js'),
    },
    bundleFolder,
  );
}

function run(command: string, args: readonly string[]): void {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (error) {
    throw new Error(
      `The peers can't be installed: \`${command} ${args.join(' ')}\` failed. The bench needs npm, Python 3.10 ` +
        'or later with venv, and their package registries.',
      { cause: error },
    );
  }
}
