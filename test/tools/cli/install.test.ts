import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from './support/fakePrograms';
import type { Outcome } from './support/project';

const lock = {
  packages: {
    '': { name: 'p' },
    'node_modules/a': { version: '1.0.0', integrity: 'x' },
    'node_modules/b': { version: '1.0.0', optional: true },
  },
};
const installed = { packages: { 'node_modules/a': { version: '1.0.0', integrity: 'x' } } };

describe('tools/cli/install.mjs', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'install-'));
    await mkdir(join(folder, 'node_modules'));
    await cp(join(repository, 'tools/cli/install.mjs'), join(folder, 'tools/cli/install.mjs'));
    await writeFile(join(folder, 'package-lock.json'), JSON.stringify(lock));
    // An npm that notes what it was asked for.
    await writeFile(
      join(folder, 'npm-cli.js'),
      'require("fs").writeFileSync("asked", process.argv[2]); process.exit(Number(process.env.NPM_EXIT))',
    );
  });
  afterEach(() => rm(folder, { recursive: true }));

  function install(environment: NodeJS.ProcessEnv = {}, ...options: readonly string[]): Promise<Outcome> {
    const env = { npm_execpath: join(folder, 'npm-cli.js'), NPM_EXIT: '0', ...environment };
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [...options, 'tools/cli/install.mjs'],
        { cwd: folder, env },
        (error, stdout, stderr) => {
          resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
        },
      );
    });
  }
  const asked = (): Promise<string | undefined> => readFile(join(folder, 'asked'), 'utf8').catch(() => undefined);
  const present = (packages: object): Promise<void> =>
    writeFile(join(folder, 'node_modules/.package-lock.json'), JSON.stringify({ packages }));

  it("says and does nothing when all is installed, but for another platform's", async () => {
    await present(installed.packages);
    assert.deepEqual(await install(), { code: 0, output: '' });
    assert.equal(await asked(), undefined);
  });

  for (const [what, packages] of [
    ['nothing is installed', undefined],
    ['a package is missing', {}],
    ['a package has another version', { 'node_modules/a': { version: '1.0.1', integrity: 'x' } }],
  ] as const) {
    it(`runs npm ci when ${what}`, async () => {
      if (packages) await present(packages);
      assert.deepEqual(await install(), { code: 0, output: 'Installing dependencies (npm ci) …\n' });
      assert.equal(await asked(), 'ci');
    });
  }

  it('fails when npm does', async () => {
    const { code, output } = await install({ NPM_EXIT: '7' });
    assert.equal(code, 1);
    assert.match(output, /were not installed: npm ci failed/);
  });

  it('refuses an old Node before anything else', async () => {
    const old = join(folder, 'old.cjs');
    await writeFile(old, 'Object.defineProperty(process.versions, "node", { value: "20.18.9" });');
    const { code, output } = await install({}, '--require', old);
    assert.deepEqual(
      [code, output],
      [1, 'Node 20.18.9 is too old: this project needs 20.19 or later. Get it from https://nodejs.org\n'],
    );
    assert.equal(await asked(), undefined);
  });
});
