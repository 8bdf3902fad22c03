import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { minikubeHome, readProfiles } from '../../../stack/cluster/minikubeLocation';
import { ports } from './project';

const run = promisify(execFile);

const kubeconfig = `apiVersion: v1
kind: Config
current-context: theirs
contexts: [{name: theirs, context: {cluster: theirs, user: theirs}}]
clusters: [{name: theirs, cluster: {server: https://cluster.example}}]
users: [{name: theirs, user: {token: theirs}}]
`;

/**
 * Gives this process a user's own MINIKUBE_HOME, with another profile active, and KUBECONFIG, in a new folder, which is
 * removed when the process exits. Minikube's downloads stay where they are.
 */
export async function useOwnSettings(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'user-'));
  process.on('exit', () => rmSync(folder, { recursive: true }));
  const home = join(folder, '.minikube');
  await mkdir(join(home, 'config'), { recursive: true });
  await mkdir(join(minikubeHome(), 'cache'), { recursive: true });
  await symlink(join(minikubeHome(), 'cache'), join(home, 'cache'));
  await writeFile(join(home, 'config', 'config.json'), '{\n    "profile": "theirs"\n}');
  await writeFile(join(folder, 'kubeconfig'), kubeconfig);
  process.env.MINIKUBE_HOME = folder;
  process.env.KUBECONFIG = join(folder, 'kubeconfig');
}

/** All that a stack could leave behind on this machine, but for images of Minikube and MongoDB that others may use. */
export async function audit(): Promise<Record<string, unknown>> {
  const docker = async (...args: string[]): Promise<string[]> =>
    (await run('docker', args)).stdout.trim().split('\n').filter(Boolean).sort();
  const text = (...path: string[]): Promise<string> => readFile(join(...path), 'utf8').catch(() => 'none');
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
    "Minikube's settings": JSON.parse(await text(minikubeHome(), 'config', 'config.json')) as unknown,
    kubeconfig: await text(process.env.KUBECONFIG ?? ''),
    'kubeconfig in the home folder': await text(homedir(), '.kube', 'config'),
  };
}
