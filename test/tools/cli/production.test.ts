import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { limitTable } from '../../../service/limits';
import { cacheGigabytes } from '../../../stack/workloads/mongoDatabase';
import { isDeclared, keysIn } from './support/documentedKeys';
import { repository } from './support/fakePrograms';

const read = (path: string): string => readFileSync(join(repository, path), 'utf8');
const text = read('docs/production.md');

/** What a pattern's group finds. */
const all = (pattern: RegExp, within = text): string[] => [...within.matchAll(pattern)].map(([, found]) => found ?? '');

describe('docs/production.md', () => {
  it('names only keys that Pulumi.yaml declares', () => {
    const table = text.split(/^## /m).find((part) => part.startsWith('Cluster,')) ?? '';
    const column = table
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .map((line) => line.split(' | ')[1] ?? '');
    const keys = [...keysIn(text), ...column.flatMap((cell) => all(/`(\w+)`/g, cell))];
    assert.ok(keys.length > 15);
    assert.deepEqual(
      keys.filter((key) => !isDeclared(key)),
      [],
    );
  });

  it('names only files that there are', () => {
    const files = readdirSync(join(repository, 'stack'), { recursive: true, encoding: 'utf8' }).map((file) =>
      basename(file),
    );
    const named = all(/`([\w/]+\.ts)`/g);
    assert.ok(named.length > 5);
    assert.deepEqual(
      named.filter((name) => (name.includes('/') ? !existsSync(join(repository, name)) : !files.includes(name))),
      [],
    );
  });

  it('names only npm scripts that there are', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    assert.deepEqual(
      all(/npm run (?:-s )?([\w:]+)/g).filter((script) => !(script in scripts)),
      [],
    );
  });

  it('starts from the figures of the code', () => {
    const service = read('stack/workloads/webService.ts');
    assert.match(service, /requests: { cpu: '200m', memory: '\d+Mi' },\s+limits: { cpu: '500m', memory: '500Mi' }/);
    assert.ok(text.includes('requests 200 mCPU, limit 500 mCPU and 500 MiB'));
    assert.ok(text.includes(`${limitTable.poolSize.default} in its pool`));
    assert.ok(text.includes(`\`${limitTable.queue.variable}\`, ${limitTable.queue.default},`));
    assert.ok(text.includes(`\`${limitTable.poolSize.variable}\` to \`env\``));
  });

  it('sizes the cache as the stack does', () => {
    const rows = [...text.matchAll(/^\| (\d+) \| ([\d.]+) \| /gm)];
    assert.equal(rows.length, 3);
    for (const [row, memory, cache] of rows) assert.equal(cacheGigabytes(Number(memory)), Number(cache), row);
  });
});
