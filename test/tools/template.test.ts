import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { parse } from 'yaml';

const root = resolve(__dirname, '../..');
const project = (folder: string) => parse(readFileSync(join(folder, 'Pulumi.yaml'), 'utf8')) as { name: string };

describe('pulumi new, from this repository', function () {
  this.timeout(120_000);
  let folder: string;
  let made: string;
  let files: string[];
  before(async function () {
    const { failed } = await execa('pulumi', ['version'], { reject: false });
    if (failed || !('template' in project(root))) this.skip(); // a project that was made so is no template
    folder = await mkdtemp(join(tmpdir(), 'template-'));
    made = join(folder, 'my-shop');
    const { stdout } = await execa('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root });
    files = stdout.split('\n');
    for (const file of files) await cp(join(root, file), join(folder, 'template', file));
    const args = ['--name=my-shop', '--yes', '--generate-only', `--dir=${made}`];
    await execa('pulumi', ['new', join(folder, 'template'), ...args], { cwd: folder });
    await symlink(join(root, 'node_modules'), join(made, 'node_modules'), 'junction');
  });
  after(() => folder && rm(folder, { recursive: true }));

  it('creates a project with the given name, and with the old one only in the license and prose', async () => {
    assert.equal(project(made).name, 'my-shop');
    assert.equal('template' in project(made), false);
    const { name } = project(root);
    const ours = files.filter((file) => readFileSync(join(made, file), 'utf8').includes(name));
    assert.deepEqual(
      ours.filter((file) => !/\.md$|^test\//.test(file)),
      ['LICENSE'],
    );
  });

  it('creates a project that needs no configuration', async () => {
    const tests = ['configuration/parse', 'configuration/keys', 'urns'].map((test) => `test/stack/${test}.test.ts`);
    const mocha = ['node_modules/mocha/bin/mocha.js', '--no-config', '-r', 'tsx/cjs', '--fail-zero', ...tests];
    const { failed, all } = await execa(process.execPath, mocha, { cwd: made, all: true, reject: false });
    assert.ok(!failed, all);
    assert.match(await readFile(join(made, 'Pulumi.dev.yaml'), 'utf8'), /^config: \{\}$/m);
  });
});
