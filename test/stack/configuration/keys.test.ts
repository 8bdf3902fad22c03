import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { keys } from '../../../stack/configuration/reader';
import { configurationDocs, path } from '../support/configurationDocs';

const text = readFileSync('Pulumi.yaml', 'utf8');

describe('configuration keys', () => {
  it('are those that Pulumi.yaml declares, and the secrets that its comment names', () => {
    const secrets = [...text.matchAll(/^# {3}(\w+): /gm)].map(([, key]) => key);
    const { config } = parse(text) as { readonly config: object };
    const declared = Object.keys(config).filter((key) => !key.includes(':')); // `pulumi new` adds pulumi:tags
    assert.deepEqual([...declared, ...secrets].sort(), [...keys].sort());
  });

  it('are described in docs/configuration.md, which is generated from Pulumi.yaml', () => {
    assert.equal(
      readFileSync(path, 'utf8'),
      configurationDocs(text),
      'Run: npx tsx test/stack/support/configurationDocs.ts --write',
    );
  });

  it('are not set in Pulumi.dev.yaml, so that another name is one line in Pulumi.yaml', () => {
    assert.deepEqual(parse(readFileSync('Pulumi.dev.yaml', 'utf8')), { config: {} });
  });
});
