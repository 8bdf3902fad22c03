import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { parse } from 'yaml';
import type { Configuration } from '../../../stack/configuration/configuration';
import { parseConfiguration } from '../../../stack/configuration/parse';
import { stackFile } from './stackFile';

/** In place of each encrypted value, which only Pulumi can read. It passes as a connection string, the one secret that is parsed. */
const unread = 'mongodb://secret/secret';

interface Project {
  readonly name: string;
  readonly config?: Record<string, { readonly default?: unknown }>;
}

interface StackSettings {
  readonly config?: Record<string, unknown>;
}

/** Values of a stack, as they stand in the project's files. */
export interface Values {
  /** The project's name, which keys in a stack's file start with. */
  readonly project: string;
  /** The keys that the stack's file sets, as they stand there. */
  readonly keys: readonly string[];
  /** What the stack's file sets `key` to, or the project's default. */
  get(key: string): string | undefined;
}

/** The configuration of stack `stack`, from the files in `folder`: what a Pulumi program would be given, without Pulumi. */
export async function readConfiguration(folder: string, stack: string): Promise<Configuration> {
  const { project: name, keys, get } = await readValues(folder, stack);
  return parseConfiguration({ name, get, getSecret: (key) => pulumi.secret(get(key) ?? '') }, stack, keys);
}

/** The same, unchecked. */
export async function readValues(folder: string, stack: string): Promise<Values> {
  const project = await readYaml<Project>(join(folder, 'Pulumi.yaml'));
  const file = stackFile(folder, stack);
  const settings = existsSync(file) ? await readYaml<StackSettings | undefined>(file) : undefined;
  const config = settings?.config ?? {};
  if (typeof config !== 'object' || Array.isArray(config))
    throw new Error(`${file}: config must be a map, such as config: {${project.name}:nodePort: "30500"}`);
  return {
    project: project.name,
    keys: Object.keys(config),
    // A key without a prefix is the project's, for Pulumi too.
    get: (key) => toText(config[`${project.name}:${key}`] ?? config[key] ?? project.config?.[key]?.default),
  };
}

async function readYaml<T>(path: string): Promise<T> {
  try {
    return parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    throw new Error(`${path} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function toText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object') return 'secure' in value ? unread : JSON.stringify(value);
  return String(value);
}
