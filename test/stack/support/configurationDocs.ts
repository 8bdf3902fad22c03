import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

const root = resolve(__dirname, '../../..');

interface Key {
  readonly type: string;
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
    'Set a value, then update the stack:',
    '',
    '```sh',
    'npm run pulumi -- config set nodePort 30501',
    'npm run pulumi -- config set --secret mongoUri mongodb://user:password@host/database',
    'npm run up',
    '```',
    '',
    'Values are kept in `Pulumi.STACK.yaml`, secrets encrypted. Wrong values and unknown keys are reported all at once, before anything is',
    'changed. An update that would delete data, such as one with a new cluster or database, is refused unless you allow it:',
    '`npm run up -- --lose-data`, or `loseData` for plain Pulumi. Save the data first with [`npm run backup`](backup.md).',
    '',
    '| key | type | default | description |',
    '|---|---|---|---|',
    ...Object.entries(config)
      .filter(([key]) => !key.includes(':')) // `pulumi new` adds pulumi:tags
      .map(
        ([key, { type, default: value, description }]) => `| \`${key}\` | ${type} | ${shown(value)} | ${description} |`,
      ),
    ...secrets.map(([, key, description]) => `| \`${key}\` | secret | | ${description} |`),
    '',
  ].join('\n');
}

if (require.main === module && process.argv.includes('--write'))
  writeFileSync(path, configurationDocs(readFileSync(join(root, 'Pulumi.yaml'), 'utf8')));
