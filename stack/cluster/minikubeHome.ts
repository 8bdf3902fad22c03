import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { parseObject, readVariable, run } from './run';

/** Minikube's folder. Minikube appends `.minikube` to MINIKUBE_HOME unless that ends in it (its pkg/minikube/localpath). */
export function minikubeHome(environment = process.env): string {
  const home = readVariable('MINIKUBE_HOME', environment) ?? homedir();
  return basename(home) === '.minikube' ? home : join(home, '.minikube');
}

/**
 * The names of the profiles in Minikube's folder, those whose cluster is stopped or damaged too. None without Minikube.
 * @throws if its answer is no list.
 */
export async function readProfiles(): Promise<readonly string[]> {
  const answer = await run('minikube', ['profile', 'list', '--light', '--output=json']);
  if (!answer) return [];
  const { valid, invalid } = (parseObject(answer.stdout) ?? {}) as Record<string, readonly { Name: string }[]>;
  if (!valid || !invalid) throw new Error(answer.stderr || answer.stdout || 'no answer');
  return [...valid, ...invalid].map((profile) => profile.Name);
}

/**
 * Whether the container of `profile` is of this Minikube's folder: they then have the same certificate authority. `undefined` if
 * there is no container, or none that got as far as certificates. Containers of all users of a Docker engine share their names.
 */
export async function ownsContainer(profile: string, environment = process.env): Promise<boolean | undefined> {
  const archive = await run('docker', ['cp', `${profile}:/var/lib/minikube/certs/ca.crt`, '-']); // works if it is stopped too
  if (!archive?.ok) return undefined;
  const authority = await readFile(join(minikubeHome(environment), 'ca.crt'), 'utf8').catch(() => undefined);
  return authority !== undefined && archive.stdout.includes(authority.trim());
}
