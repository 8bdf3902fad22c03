import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import type * as pulumi from '@pulumi/pulumi';
import { DynamicResource, keepState } from './resources';
import { docker, readVariable, run } from './run';

/** Minikube's folder. Minikube appends `.minikube` to MINIKUBE_HOME unless that ends in it (its pkg/minikube/localpath). */
export function minikubeHome(environment = process.env): string {
  const home = readVariable('MINIKUBE_HOME', environment) ?? homedir();
  return basename(home) === '.minikube' ? home : join(home, '.minikube');
}

/** The profiles in Minikube's folder, including those of stopped and damaged clusters. @throws if it can't be read. */
export async function readProfiles(): Promise<readonly string[]> {
  return readdir(join(minikubeHome(), 'profiles')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

/**
 * Whether the container `profile` belongs to this Minikube folder: both have the same certificate authority. `undefined` without a
 * container, or if it has no certificates yet. All users of a Docker engine share the names of containers.
 */
export async function ownsContainer(profile: string): Promise<boolean | undefined> {
  const archive = await run('docker', ['cp', `${profile}:/var/lib/minikube/certs/ca.crt`, '-']); // works if it is stopped too
  if (!archive?.ok) return undefined;
  const authority = await readFile(join(minikubeHome(), 'ca.crt'), 'utf8').catch(() => undefined);
  return authority !== undefined && archive.stdout.includes(authority.trim());
}

/** Where the files and the container of a cluster are. Elsewhere, its profile is missing, or is another user's. */
export interface Location {
  /** Minikube's folder. */
  readonly home: string;
  /** Id of the Docker engine; empty if it has none. */
  readonly engine: string;
  /** Address of the engine, for messages. */
  readonly endpoint: string;
}

export async function readLocation(): Promise<Location> {
  const [engine, context] = await Promise.all([
    docker('info', '--format', '{{.ID}}'),
    docker('context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'),
  ]);
  return { home: minikubeHome(), engine, endpoint: readVariable('DOCKER_HOST') ?? context };
}

/** Why a cluster that was made at `recorded` can't be reached from `current`; undefined if it can. */
export function explainMove(profile: string, recorded: Partial<Location>, current: Location): string | undefined {
  const { home = current.home, engine = current.engine, endpoint } = recorded;
  const back = [
    ...(home === current.home ? [] : [`MINIKUBE_HOME is ${current.home}, and was ${home}`]),
    ...(engine === current.engine ? [] : [`Docker's engine is at ${current.endpoint}, and was at ${endpoint}`]),
  ];
  if (back.length === 0) return undefined;
  return (
    `The cluster of Minikube profile '${profile}' was created elsewhere: ${back.join('; ')}. Nothing was changed. ` +
    'Restore that setting (MINIKUBE_HOME, DOCKER_HOST, docker context use). If the cluster no longer exists: pulumi stack rm --force'
  );
}

/** @throws if the cluster of `profile`, which was made at `recorded`, can't be reached from here. */
export async function assertNotMoved(profile: string, recorded: Partial<Location>): Promise<void> {
  const move = explainMove(profile, recorded, await readLocation());
  if (move) throw new Error(move);
}

interface Inputs {
  readonly profile: string;
}

export const minikubeLocationProvider: pulumi.dynamic.ResourceProvider<Inputs, Inputs & Location> = {
  async create(inputs) {
    return { id: inputs.profile, outs: { ...inputs, ...(await readLocation()) } };
  },
  update: keepState,
  delete: assertNotMoved,
};

/**
 * Records where the cluster is. It depends on everything else, so a destroy deletes it first. On a machine without the cluster, the
 * destroy stops here, before it drops passwords and the cluster's resources from the state.
 */
export class MinikubeLocation extends DynamicResource {
  constructor(name: string, inputs: pulumi.Inputs & Inputs, opts: pulumi.CustomResourceOptions) {
    super('minikube:Location', name, inputs, { ...opts, replaceOnChanges: ['profile'] });
  }
}
