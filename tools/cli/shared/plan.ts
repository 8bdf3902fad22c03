import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Configuration } from '../../../stack/configuration/configuration';
import { parseConfiguration } from '../../../stack/configuration/parse';
import { readDocker } from '../../../stack/preflight/docker';
import { root } from './cli';
import { configuredStacks, freePort, readValues, stackFile } from './configuration';
import type { StackState } from './pulumi';

/**
 * The configuration of `stack` from the files in `folder`, as the Pulumi program gets it, without running Pulumi.
 * @param values replace those of the files
 */
export async function readConfiguration(
  folder: string,
  stack: string,
  values: Readonly<Record<string, string>> = {},
): Promise<Configuration> {
  const file = await readValues(folder, stack);
  const get = (key: string): string | undefined => values[key] ?? file.get(key);
  return parseConfiguration({ name: file.name, get }, stack, file.keys);
}

const portKeys = ['nodePort', 'registryPort'] as const;

/** The ports on 127.0.0.1 of a stack. */
type StackPorts = Readonly<Record<(typeof portKeys)[number], string>>;

/**
 * The configuration that `npm run up` deploys to `stack` with `state`. A new stack without a configuration file gets `ports`: from the
 * project's defaults on, the first free ones that no other stack has, running or not. Changes nothing.
 */
export async function planConfiguration(
  stack: string,
  state: StackState | undefined,
): Promise<{ readonly configuration: Configuration; readonly ports?: StackPorts }> {
  const configuration = await readConfiguration(root, stack);
  const { cluster } = configuration;
  if (cluster.kind !== 'minikube' || state !== undefined || existsSync(stackFile(root, stack))) {
    return { configuration };
  }
  const others = await Promise.all((await configuredStacks(root)).map((other) => readValues(root, other)));
  const docker = await readDocker(); // its machine, where containers publish ports, may be another one
  const exclude = [
    ...others.flatMap(({ get }) => portKeys.map((key) => Number(get(key)))),
    ...(docker.state === 'running' ? docker.containers.flatMap(({ ports }) => ports) : []),
  ];
  const nodePort = String(await freePort(cluster.nodePort, exclude));
  const ports = { nodePort, registryPort: String(await freePort(cluster.registryPort, exclude)) };
  return { configuration: await readConfiguration(root, stack, ports), ports };
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
