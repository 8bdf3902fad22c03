import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readProfiles } from '../../../stack/preflight/minikube';
import { ports } from './project';

const run = promisify(execFile);

/** All that a stack could leave behind on this machine, but for images of Minikube and MongoDB that others may use. */
export async function audit(): Promise<Record<string, string[]>> {
  const docker = async (...args: string[]): Promise<string[]> =>
    (await run('docker', args)).stdout.trim().split('\n').filter(Boolean).sort();
  return {
    containers: await docker('ps', '--all', '--format={{.Names}}'),
    volumes: await docker('volume', 'ls', '--format={{.Name}}'),
    networks: await docker('network', 'ls', '--format={{.Name}}'),
    'images of ours': await docker(
      'image',
      'ls',
      `--filter=reference=localhost:${ports.registryPort}/*`,
      '--format={{.Repository}}',
    ),
    profiles: [...(await readProfiles())].sort(),
    kubeconfig: [
      await readFile(process.env.KUBECONFIG ?? join(homedir(), '.kube', 'config'), 'utf8').catch(() => 'none'),
    ],
  };
}
