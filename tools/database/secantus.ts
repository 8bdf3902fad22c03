import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DatabaseServer } from './databaseServer';
import { findExecutable, isExecutable } from './executable';

const run = promisify(execFile);
const version = '0.7.0b3';
/** Milliseconds for each step of the installation, which takes about 7 seconds. */
const stepMs = 180_000;

/** A SecantusDB on PATH, or the one that was installed in `folder` before. */
export async function findSecantus(folder: string): Promise<DatabaseServer | undefined> {
  const rust = await findExecutable('secantusd-rs');
  if (rust !== undefined) return server('secantusdb-rs', rust);
  const python = programIn(folder, 'secantusd-py');
  return (await isExecutable(python)) ? server('secantusdb-py', python) : undefined;
}

/** Installs SecantusDB by pip in a virtual environment of its own, `folder`. */
export async function installSecantus(folder: string): Promise<DatabaseServer> {
  const python = (await findExecutable('python3')) ?? (await findExecutable('python'));
  if (python === undefined)
    throw new Error('Python 3.10 or later is not on PATH: install it, from python.org or by your packages');
  await run(python, ['-m', 'venv', folder], { timeout: stepMs });
  const requirement = `secantusdb==${version}`;
  await run(programIn(folder, 'python'), ['-m', 'pip', 'install', '--quiet', requirement], { timeout: stepMs });
  return server('secantusdb-py', programIn(folder, 'secantusd-py'));
}

/** Where a virtual environment has its programs. */
function programIn(folder: string, name: string): string {
  return process.platform === 'win32' ? join(folder, 'Scripts', `${name}.exe`) : join(folder, 'bin', name);
}

function server(kind: 'secantusdb-rs' | 'secantusdb-py', command: string): DatabaseServer {
  return {
    title: `SecantusDB, a stand-in for MongoDB (${command})`,
    kind,
    command,
    arguments: (folder, port) => [
      '--storage-path',
      folder,
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--sync-on-commit', // or acknowledged writes die with the process
      '--log-level',
      'WARNING',
    ],
  };
}
