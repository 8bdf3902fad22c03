import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as load } from 'yaml';
import { repository } from './fakePrograms';

const source = readFileSync(join(repository, 'Pulumi.yaml'), 'utf8');
const { config } = load(source) as { readonly config: object };

/** The configuration keys that a document tells to set, by command or in a stack's file. */
export function keysIn(text: string): string[] {
  return [...text.matchAll(/config set (?:--secret )?(\w+)|koa-mongo:(\w+):/g)].map(
    ([, set, written]) => set ?? written ?? '',
  );
}

/** Whether Pulumi.yaml has a configuration key, or names it in its comment: secrets can't be declared. */
export function isDeclared(key: string): boolean {
  return key in config || new RegExp(`^#   ${key}: `, 'm').test(source);
}
