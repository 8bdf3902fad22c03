import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import * as pulumi from '@pulumi/pulumi';
import { readDocker } from '../../../stack/cluster/docker';
import type { Configuration } from '../../../stack/configuration/configuration';
import { parseConfiguration } from '../../../stack/configuration/parse';
import { root } from './cli';
import { configuredStacks, freePort, readValues, stackFile } from './configuration';
import type { StackState } from './pulumi';

/** The configuration of stack `stack`, from the files in `folder`: what a Pulumi program would be given, without Pulumi. */
export async function readConfiguration(folder: string, stack: string): Promise<Configuration> {
  const { name, keys, get } = await readValues(folder, stack);
  return parseConfiguration({ name, get, getSecret: (key) => pulumi.secret(get(key) ?? '') }, stack, keys);
}

const portKeys = ['nodePort', 'registryPort'] as const;

/** The ports on 127.0.0.1 that two stacks can't share. */
type StackPorts = Readonly<Record<(typeof portKeys)[number], number>>;

/**
 * The configuration that `npm run up` gives to stack `stack` whose state is `state`. A new stack without a configuration file
 * gets `ports` of its own, which are in no file yet: the first from the project's default on that are free and that no other stack
 * has. Changes nothing.
 */
export async function planConfiguration(
  stack: string,
  state: StackState | undefined,
): Promise<{ readonly configuration: Configuration; readonly ports?: StackPorts }> {
  const configuration = await readConfiguration(root, stack);
  const { cluster, exposure } = configuration;
  if (cluster.kind !== 'minikube' || state !== undefined || existsSync(stackFile(root, stack))) {
    return { configuration };
  }
  const exclude = [...(await configuredPorts()), ...(await publishedPorts())];
  const nodePort = await freePort(cluster.nodePort, exclude);
  const ports = { nodePort, registryPort: await freePort(cluster.registryPort, exclude) };
  return {
    configuration: {
      ...configuration,
      cluster: { ...cluster, ...ports },
      exposure: exposure.kind === 'nodePort' ? { ...exposure, nodePort } : exposure,
    },
    ports,
  };
}

/** Makes the stack's configuration file, with `ports` in it. */
export async function writePorts(stack: string, ports: StackPorts): Promise<void> {
  const { name } = await readValues(root, stack);
  const lines = portKeys.map((key) => `  ${name}:${key}: "${ports[key]}"\n`);
  await writeFile(
    stackFile(root, stack),
    '# These ports were free when the stack was made. Every key, its type and its default: Pulumi.yaml.\n' +
      `config:\n${lines.join('')}`,
    { flag: 'wx' },
  );
}

/** Those of the stacks that have a file, whether they run or not. */
async function configuredPorts(): Promise<number[]> {
  const values = await Promise.all((await configuredStacks(root)).map((stack) => readValues(root, stack)));
  return values.flatMap(({ get }) => portKeys.map((key) => Number(get(key))));
}

/** Those of containers: they are on the machine of the Docker engine, which may be another one. */
async function publishedPorts(): Promise<number[]> {
  const docker = await readDocker(process.env);
  return docker.state === 'running' ? docker.containers.flatMap(({ ports }) => ports) : [];
}
