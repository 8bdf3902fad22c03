import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { readDocker } from '../../../stack/cluster/docker';
import type { Configuration } from '../../../stack/configuration/configuration';
import { parseConfiguration } from '../../../stack/configuration/parse';
import { root } from './cli';
import { configuredStacks, freePort, readValues, stackFile } from './configuration';
import type { StackState } from './pulumi';

/** The configuration of `stack` from the files in `folder`, as the Pulumi program gets it, without running Pulumi. */
export async function readConfiguration(folder: string, stack: string): Promise<Configuration> {
  const { name, keys, get } = await readValues(folder, stack);
  return parseConfiguration({ name, get }, stack, keys);
}

const portKeys = ['nodePort', 'registryPort'] as const;

/** The ports on 127.0.0.1 of a stack. */
type StackPorts = Readonly<Record<(typeof portKeys)[number], number>>;

/**
 * The configuration that `npm run up` deploys to `stack` with `state`. A new stack without a configuration file gets `ports`: from the
 * project's defaults on, the first free ones that no other stack has. Changes nothing.
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

/** Creates the stack's configuration file with `ports`. */
export async function writePorts(stack: string, ports: StackPorts): Promise<void> {
  const { name } = await readValues(root, stack);
  const lines = portKeys.map((key) => `  ${name}:${key}: "${ports[key]}"\n`);
  await writeFile(
    stackFile(root, stack),
    '# These ports were free when the stack was created. All keys and their defaults: Pulumi.yaml.\n' +
      `config:\n${lines.join('')}`,
    { flag: 'wx' },
  );
}

/** Ports of the stacks with a configuration file, running or not. */
async function configuredPorts(): Promise<number[]> {
  const values = await Promise.all((await configuredStacks(root)).map((stack) => readValues(root, stack)));
  return values.flatMap(({ get }) => portKeys.map((key) => Number(get(key))));
}

/** Ports of containers. Their machine, that of the Docker engine, may be another one. */
async function publishedPorts(): Promise<number[]> {
  const docker = await readDocker(process.env);
  return docker.state === 'running' ? docker.containers.flatMap(({ ports }) => ports) : [];
}
