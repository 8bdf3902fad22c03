import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

const root = resolve(__dirname, '../../..');

interface Key {
  readonly default: unknown;
  readonly description: string;
}

/** Where the text belongs. */
export const path = join(root, 'docs/configuration.md');

/** docs/configuration.md for the text of Pulumi.yaml: a row for each key, and for the secrets that its comment describes. */
export function configurationDocs(text: string): string {
  const { config } = parse(text) as { readonly config: Readonly<Record<string, Key>> };
  const secrets = [...text.matchAll(/^# {3}(\w+): (.+)$/gm)];
  const shown = (value: unknown): string =>
    value === '' ? '' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
  return [
    '# Configuration',
    '',
    '<!-- Generated from Pulumi.yaml: npx tsx test/stack/support/configurationDocs.ts --write -->',
    '',
    '```sh',
    'npm run pulumi -- config set nodePort 30501',
    'npm run pulumi -- config set --secret mongoUri mongodb://user:password@host/database',
    'npm run up',
    '```',
    '',
    'An update that would delete data is refused. To allow it, run [`npm run backup`](backup.md), then `npm run up -- --lose-data`',
    '(plain Pulumi: set `loseData`).',
    '',
    '| key | default | description |',
    '|---|---|---|',
    ...Object.entries(config)
      .filter(([key]) => !key.includes(':')) // `pulumi new` adds pulumi:tags
      .map(([key, { default: value, description }]) => `| \`${key}\` | ${shown(value)} | ${description} |`),
    ...secrets.map(([, key, description]) => `| \`${key}\` | secret | ${description} |`),
    '',
  ].join('\n');
}

if (require.main === module && process.argv.includes('--write'))
  writeFileSync(path, configurationDocs(readFileSync(join(root, 'Pulumi.yaml'), 'utf8')));
