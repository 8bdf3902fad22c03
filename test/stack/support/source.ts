import { readFileSync } from 'node:fs';
import { parse as load } from 'yaml';
import type { ConfigurationSource } from '../../../stack/configuration/reader';

const declared = load(readFileSync('Pulumi.yaml', 'utf8')) as {
  name: string;
  config: Record<string, { default: unknown }>;
};

/** The project's name. */
export const project = declared.name;

/** The defaults of `Pulumi.yaml`, as Pulumi hands them out, and `changes` to them. */
export function values(changes: Record<string, string> = {}): Record<string, string> {
  const own = Object.entries(declared.config).filter(([key]) => !key.includes(':')); // `pulumi new` adds pulumi:tags
  const defaults = own.map(([key, { default: value }]) => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return { ...(Object.fromEntries(defaults) as Record<string, string>), ...changes };
}

/** A configuration source with these values. */
export function source(changes: Record<string, string> = {}): ConfigurationSource {
  const all = values(changes);
  return { name: project, get: (key) => all[key] };
}
