import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import getPort, { portNumbers } from 'get-port';
import { parse, parseDocument, visit } from 'yaml';
import { messageOf, root } from './cli';

/** Stands for each encrypted value, which only Pulumi can read. It is a valid connection string, as that secret is parsed. */
const unread = 'mongodb://secret/secret';

/** What is used of Pulumi.yaml. */
interface ProjectFile {
  readonly name: string;
  readonly config?: Readonly<Record<string, { readonly default?: unknown }>>;
}

/** What is used of Pulumi.STACK.yaml. */
interface StackFile {
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Where the configuration of stack `stack` of the project in `folder` is kept. */
export function stackFile(folder: string, stack: string): string {
  return join(folder, `Pulumi.${stack}.yaml`);
}

/** The stacks that have a configuration file in `folder`. */
export async function configuredStacks(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).map((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1]);
  return names.filter((name) => name !== undefined);
}

export function readProject(folder = root): Promise<ProjectFile> {
  return readYaml<ProjectFile>(join(folder, 'Pulumi.yaml'));
}

/** Reads the values of stack `stack` from the files in `folder`, unchecked. Encrypted ones are not read. */
export async function readValues(folder: string, stack: string) {
  const project = await readProject(folder);
  const file = stackFile(folder, stack);
  const { config } = (existsSync(file) && (await readYaml<StackFile | null>(file))) || { config: {} };
  const set = config ?? {};
  if (typeof set !== 'object' || Array.isArray(set))
    throw new Error(`${file}: config must be a map, such as config: {${project.name}:nodePort: "30500"}`);
  return {
    /** The project's name, which keys in a stack's file start with. */
    name: project.name,
    /** The keys that the stack's file sets, as they stand there. */
    keys: Object.keys(set),
    /** What the stack's file sets `key` to, or the project's default. A key without a prefix is the project's, for Pulumi too. */
    get: (key: string): string | undefined =>
      toText(set[`${project.name}:${key}`] ?? set[key] ?? project.config?.[key]?.default),
  };
}

/**
 * Takes the salt of the passphrase out of Pulumi.STACK.yaml, unless a secret in it needs the salt: git tracks that file, and
 * the salt is in the state too. Pulumi writes another one when it needs it. A file with nothing else in it is removed.
 */
export async function cleanStackFile(folder: string, stack: string): Promise<void> {
  const path = stackFile(folder, stack);
  if (!existsSync(path)) return;
  const text = readFileSync(path, 'utf8'); // written in the same tick: another command may change the file too
  if (hasSecrets(text)) return;
  const clean = text.replace(/^encryptionsalt:.*\n?/m, ''); // all else stays as the user wrote it
  if (clean === text) return;
  if (clean.trim() === '') rmSync(path);
  else writeFileSync(path, parse(clean) === null ? `${clean}config: {}\n` : clean); // which Pulumi has dropped
}

/** The configuration files in `folder` that hold a secret. */
export async function stackFilesWithSecrets(folder: string): Promise<string[]> {
  const files = (await configuredStacks(folder)).map((stack) => `Pulumi.${stack}.yaml`);
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return files.filter((_, index) => hasSecrets(texts[index] ?? ''));
}

/** Whether a configuration file holds an encrypted value: a map with the one key `secure`. */
function hasSecrets(text: string): boolean {
  let found = false;
  visit(parseDocument(text), {
    Map: (_, map) => {
      if (map.items.length === 1 && map.has('secure')) found = true;
    },
  });
  return found;
}

/** The first port of 127.0.0.1 from `first` on that nobody listens on and that is not in `exclude`. */
export function freePort(first: number, exclude: readonly number[] = []): Promise<number> {
  return getPort({ host: '127.0.0.1', port: portNumbers(first, 65_535), exclude });
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
