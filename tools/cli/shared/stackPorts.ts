import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import type { Configuration } from '../../../stack/configuration/configuration';
import { readDocker } from '../../../stack/preflight/docker';
import { freePort } from '../../../stack/preflight/ports';
import { findExecutable } from '../../database/executable';
import { readValues } from './readConfiguration';
import { stackFile } from './stackFile';
import { backendFolder, findStack, hasOwnBackend } from './workspace';

const keys = ['nodePort', 'registryPort'] as const;

/** The ports on 127.0.0.1 that two stacks can't share. */
export type StackPorts = Readonly<Record<(typeof keys)[number], number>>;

/**
 * Ports for stack `stack`, if it is to be made anew and has no file that may name some: for each the first from the project's
 * default on that nobody holds, and no other stack's file in `folder` claims. `undefined` if it has its ports. Changes nothing.
 */
export async function choosePorts(
  folder: string,
  stack: string,
  { cluster }: Configuration,
): Promise<StackPorts | undefined> {
  if (cluster.kind !== 'minikube' || existsSync(stackFile(folder, stack)) || (await isMade(stack))) return undefined;
  const taken = new Set([...(await claimedPorts(folder)), ...(await publishedPorts())]);
  return {
    nodePort: await freePort(cluster.nodePort, taken),
    registryPort: await freePort(cluster.registryPort, taken),
  };
}

/** The configuration with `ports` in place of its own. */
export function withPorts(configuration: Configuration, ports: StackPorts | undefined): Configuration {
  const { cluster, exposure } = configuration;
  if (ports === undefined || cluster.kind !== 'minikube') return configuration;
  return {
    ...configuration,
    cluster: { ...cluster, ...ports },
    exposure: exposure.kind === 'nodePort' ? { ...exposure, nodePort: ports.nodePort } : exposure,
  };
}

/** Makes the stack's file, with `ports` in it. */
export async function writePorts(folder: string, stack: string, ports: StackPorts): Promise<void> {
  const { project } = await readValues(folder, stack);
  const lines = keys.map((key) => `  ${project}:${key}: "${ports[key]}"\n`);
  await writeFile(
    stackFile(folder, stack),
    '# These ports were free when the stack was made. Every key, its type and its default: Pulumi.yaml.\n' +
      `config:\n${lines.join('')}`,
    { flag: 'wx' },
  );
}

/** Without a Pulumi CLI that can't be told, nor is anything made: the preflight then ends the command. */
async function isMade(stack: string): Promise<boolean> {
  if (hasOwnBackend() && !existsSync(backendFolder)) return false;
  return (await findExecutable('pulumi')) !== undefined && (await findStack(stack)) !== undefined;
}

/** Those of the stacks that have a file, whether they run or not. */
async function claimedPorts(folder: string): Promise<number[]> {
  const stacks = (await readdir(folder))
    .map((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1])
    .filter((name) => name !== undefined);
  const values = await Promise.all(stacks.map((stack) => readValues(folder, stack)));
  return values.flatMap(({ get }) => keys.map((key) => Number(get(key))));
}

/** Those of containers: they are on the machine of the Docker engine, which may be another one. */
async function publishedPorts(): Promise<number[]> {
  const docker = await readDocker(process.env);
  return docker.state === 'running' ? docker.containers.flatMap(({ ports }) => ports) : [];
}
