import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { judge } from '../../../stack/preflight/preflight';
import { configuration, good } from '../../stack/preflight/goodMachine';
import { isDeclared, keysIn } from './support/documentedKeys';
import { repository } from './support/fakePrograms';

const read = (path: string): string => readFileSync(join(repository, path), 'utf8');

/** The rows of the table under heading `title`: the text between the first pair of backquotes, and the whole row. */
function rows(title: string): { readonly message: string; readonly row: string }[] {
  const section =
    read('docs/troubleshooting.md')
      .split(/^## /m)
      .find((part) => part.startsWith(title)) ?? '';
  return [...section.matchAll(/^\| `([^`]+)`.*$/gm)].map(([row, message = '']) => ({ message, row }));
}

/** The text of our programs' files, with quotes in strings as they are shown. */
const sources = ['tools', 'service', 'stack'].flatMap((folder) =>
  readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.m?ts$|\.mjs$/.test(file))
    .map((file) => read(join(folder, file)).replaceAll("\\'", "'")),
);

describe('docs/troubleshooting.md', () => {
  it('has every check of the preflight, and no other', () => {
    const checks = judge(good, configuration).map(({ name }) => name.replace(/^port \d+$/, 'port …'));
    assert.deepEqual(
      rows('Before anything is made')
        .map(({ message }) => message)
        .sort(),
      [...new Set(checks)].sort(),
    );
  });

  for (const { message } of rows('What our own commands')) {
    it(`quotes the code: ${message}`, () => {
      const parts = message.split('…').filter((part) => part.trim() !== '');
      const fits = (source: string): boolean => {
        // In this order, with no more than an expression between them.
        const pattern = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^\\n]{0,100}');
        return new RegExp(pattern).test(source);
      };
      assert.ok(sources.some(fits), 'no file of commands/, local/, service/ or stack/ has this message');
    });
  }

  it('tells only of npm scripts that there are', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...read('docs/troubleshooting.md').matchAll(/npm run ([\w:]+)/g)].map(([, script]) => script ?? '');
    assert.deepEqual(
      [...new Set(named)].filter((script) => !(script in scripts)),
      [],
    );
  });

  it('tells only of configuration keys that Pulumi.yaml declares', () => {
    const keys = keysIn(read('docs/troubleshooting.md'));
    assert.ok(keys.length > 5);
    assert.deepEqual(
      keys.filter((key) => !isDeclared(key)),
      [],
    );
  });

  it('covers more than 25 situations, each with what happened and what is next', () => {
    const table = read('docs/troubleshooting.md')
      .split('\n')
      .filter((line) => line.startsWith('| ') && !/^\| (check|message)/.test(line));
    assert.ok(table.length > 25);
    for (const line of table)
      assert.equal(line.split(' | ').filter((cell) => cell.replace(/[| ]/g, '') !== '').length, 3, line);
  });
});
