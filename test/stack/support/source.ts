import * as pulumi from '@pulumi/pulumi';
import { load } from 'js-yaml';
import { readFileSync } from 'node:fs';
import type { ConfigurationSource } from '../../../stack/configuration/reader';

const declared = load(readFileSync('Pulumi.yaml', 'utf8')) as { name: string; config: Record<string, { default: unknown }> };

/** A configuration source with the defaults of `Pulumi.yaml`, as Pulumi hands them out, and `changes` to them. */
export function source(changes: Record<string, string> = {}): ConfigurationSource {
  const defaults = Object.entries(declared.config).map(([key, { default: value }]) =>
    [key, typeof value === 'string' ? value : JSON.stringify(value)]);
  const values = { ...Object.fromEntries(defaults) as Record<string, string>, ...changes };
  return {
    name: declared.name,
    get: (key) => values[key],
    getSecret: (key) => (values[key] === undefined ? undefined : pulumi.secret(values[key])),
  };
}
