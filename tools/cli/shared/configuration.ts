import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import getPort, { portNumbers } from 'get-port';
import { parse, parseDocument } from 'yaml';
import type { Configuration } from '../../../stack/configuration/configuration';
import { parseConfiguration } from '../../../stack/configuration/parse';
import { messageOf, root } from './cli';

/** Replaces encrypted values, which only Pulumi can read: a valid connection string, as `mongoUri` is parsed. */
const unread = 'mongodb://secret/secret';

/** Used parts of Pulumi.yaml. */
interface ProjectFile {
  readonly name: string;
  readonly config?: Readonly<Record<string, { readonly default?: unknown }>>;
}

/** Path of the configuration file of `stack`. */
export function stackFile(folder: string, stack: string): string {
  return join(folder, `Pulumi.${stack}.yaml`);
}

/** The stacks with a configuration file in `folder`. */
export async function configuredStacks(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).map((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1]);
  return names.filter((name) => name !== undefined);
}

export function readProject(folder = root): Promise<ProjectFile> {
  return readYaml<ProjectFile>(join(folder, 'Pulumi.yaml'));
}

/** Reads the unchecked values of `stack` from the files in `folder`, without encrypted ones. */
export async function readValues(folder: string, stack: string) {
  const project = await readProject(folder);
  const file = stackFile(folder, stack);
  const content = existsSync(file) ? await readYaml<{ readonly config?: Readonly<Record<string, unknown>> }>(file) : {};
  const set = content?.config ?? {}; // an empty file is `null`
  if (typeof set !== 'object' || Array.isArray(set))
    throw new Error(`${file}: config must be a map, such as config: {${project.name}:nodePort: "30500"}`);
  return {
    /** The project's name, which is the prefix of keys. */
    name: project.name,
    /** The keys in the stack's file, with their prefixes. */
    keys: Object.keys(set),
    /** The value in the stack's file, or the project's default. As in Pulumi, the prefix is optional. */
    get: (key: string): string | undefined =>
      toText(set[`${project.name}:${key}`] ?? set[key] ?? project.config?.[key]?.default),
  };
}

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
 * The configuration that `npm run up` deploys to `stack`. A stack that does not exist and has no configuration file gets `ports`: from
 * the project's defaults on, the first free ones that no other stack has, running or not. Changes nothing.
 */
export async function planConfiguration(
  stack: string,
  exists: boolean,
): Promise<{ readonly configuration: Configuration; readonly ports?: StackPorts }> {
  const configuration = await readConfiguration(root, stack);
  const { cluster } = configuration;
  if (cluster.kind !== 'minikube' || exists || existsSync(stackFile(root, stack))) return { configuration };
  const others = await Promise.all((await configuredStacks(root)).map((other) => readValues(root, other)));
  const exclude = others.flatMap(({ get }) => portKeys.map((key) => Number(get(key))));
  const nodePort = String(await freePort(cluster.nodePort, exclude));
  const ports = { nodePort, registryPort: String(await freePort(cluster.registryPort, exclude)) };
  return { configuration: await readConfiguration(root, stack, ports), ports };
}

/** Creates the stack's configuration file with `ports`. */
export async function writePorts(stack: string, ports: StackPorts): Promise<void> {
  const { name } = await readProject();
  const lines = portKeys.map((key) => `  ${name}:${key}: "${ports[key]}"\n`);
  await writeFile(
    stackFile(root, stack),
    '# These ports were free when the stack was created. All keys and their defaults: Pulumi.yaml.\n' +
      `config:\n${lines.join('')}`,
    { flag: 'wx' },
  );
}

/** The first free port of 127.0.0.1 from `first` on that is not in `exclude`. */
export function freePort(first: number, exclude: readonly number[] = []): Promise<number> {
  return getPort({ host: '127.0.0.1', port: portNumbers(first, 65_535), exclude });
}

/**
 * Removes the salt of the passphrase from Pulumi.STACK.yaml, which is in git, unless a secret in the file needs it. The state has the
 * salt too, and Pulumi creates another one if necessary. A file without other content is removed.
 */
export async function cleanStackFile(folder: string, stack: string): Promise<void> {
  const path = stackFile(folder, stack);
  if (!existsSync(path)) return;
  const text = readFileSync(path, 'utf8'); // synchronous, as another command may change the file too
  const clean = text.replace(/^encryptionsalt:.*\n?/m, ''); // everything else is unchanged
  if (clean === text || hasSecrets(text)) return;
  if (clean.trim() === '') rmSync(path);
  else writeFileSync(path, parse(clean) === null ? `${clean}config: {}\n` : clean); // which Pulumi has removed
}

/** The configuration files in `folder` that have a secret. */
export async function stackFilesWithSecrets(folder: string): Promise<string[]> {
  const files = (await configuredStacks(folder)).map((stack) => stackFile(folder, stack));
  return files.filter((file) => hasSecrets(readFileSync(file, 'utf8')));
}

/** Whether a configuration file has an encrypted value: a map with the key `secure`. */
function hasSecrets(text: string): boolean {
  return JSON.stringify(parseDocument(text)).includes('{"secure":');
}

async function readYaml<T>(path: string): Promise<T> {
  try {
    return parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    throw new Error(`${path} can't be read: ${messageOf(error)}`);
  }
}

function toText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const read = (item: unknown): unknown => (item instanceof Object && 'secure' in item ? unread : item);
  const text = read(value);
  return typeof text === 'object' ? JSON.stringify(text, (_key, item) => read(item)) : String(text);
}
