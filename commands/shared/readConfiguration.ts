import * as pulumi from '@pulumi/pulumi';
import { load } from 'js-yaml';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Configuration } from '../../stack/configuration/configuration';
import { parseConfiguration } from '../../stack/configuration/parse';

/** In place of each encrypted value, which only Pulumi can read. It passes as a connection string, the one secret that is parsed. */
const unread = 'mongodb://secret/secret';

interface Project {
  readonly name: string;
  readonly config?: Record<string, { readonly default?: unknown }>;
}

interface StackSettings {
  readonly config?: Record<string, unknown>;
}

/** The configuration of stack `stack`, from the files in `folder`: what a Pulumi program would be given, without Pulumi. */
export async function readConfiguration(folder: string, stack: string): Promise<Configuration> {
  const project = await readYaml<Project>(join(folder, 'Pulumi.yaml'));
  const file = join(folder, `Pulumi.${stack}.yaml`);
  const settings = existsSync(file) ? await readYaml<StackSettings | undefined>(file) : undefined;
  const get = (key: string): string | undefined => toText(settings?.config?.[`${project.name}:${key}`] ?? project.config?.[key]?.default);
  return parseConfiguration({ name: project.name, get, getSecret: (key) => pulumi.secret(get(key) ?? '') }, stack);
}

async function readYaml<T>(path: string): Promise<T> {
  try {
    return load(await readFile(path, 'utf8')) as T;
  } catch (error) {
    throw new Error(`${path} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function toText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object') return 'secure' in value ? unread : JSON.stringify(value);
  return String(value);
}
