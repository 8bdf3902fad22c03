import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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
      'require("fs").writeFileSync("asked", process.argv.slice(2).join(" ")); process.exit(Number(process.env.NPM_EXIT))',
    );
  });
  afterEach(() => rm(folder, { recursive: true }));

  function install(environment: NodeJS.ProcessEnv = {}, ...options: readonly string[]): Promise<Outcome> {
    return run(folder, { npm_execpath: join(folder, 'npm-cli.js'), NPM_EXIT: '0', ...environment }, ...options);
  }
  function run(cwd: string, env: NodeJS.ProcessEnv, ...options: readonly string[]): Promise<Outcome> {
    return new Promise((resolve) => {
      execFile(process.execPath, [...options, 'tools/cli/install.mjs'], { cwd, env }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
      });
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
    ['a package has other content', { 'node_modules/a': { version: '1.0.0', integrity: 'y' } }],
  ] as const) {
    it(`runs npm ci when ${what}`, async () => {
      if (packages) await present(packages);
      assert.deepEqual(await install(), { code: 0, output: 'Installing dependencies (npm ci) …\n' });
      assert.equal(await asked(), 'ci --include=dev --no-workspaces');
    });
  }

  it('fails if npm fails', async () => {
    const { code, output } = await install({ NPM_EXIT: '7' });
    assert.equal(code, 1);
    assert.match(output, /were not installed: npm ci failed/);
  });

  it('installs development dependencies with NODE_ENV=production, and below a workspace root', async function () {
    this.timeout(60_000); // npm itself runs
    const project = join(folder, 'packages', 'project');
    const dependencies = { name: 'p', version: '1.0.0', devDependencies: { tool: 'file:tool' } };
    const packages = {
      '': dependencies,
      'node_modules/tool': { resolved: 'tool', link: true },
      tool: { version: '1.0.0', dev: true },
    };
    for (const [file, content] of [
      ['package.json', { private: true, workspaces: ['packages/*'] }],
      ['packages/project/package.json', dependencies],
      ['packages/project/package-lock.json', { ...dependencies, lockfileVersion: 3, packages }],
      ['packages/project/tool/package.json', { name: 'tool', version: '1.0.0' }],
    ] as const) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), JSON.stringify(content));
    }
    await cp(join(repository, 'tools/cli/install.mjs'), join(project, 'tools/cli/install.mjs'));
    const environment = { PATH: process.env.PATH, HOME: folder, NODE_ENV: 'production' };
    const { code, output } = await run(project, environment);
    assert.equal(code, 0, output);
    assert.ok(existsSync(join(project, 'node_modules/tool/package.json')), output);
    assert.deepEqual(await run(project, environment), { code: 0, output: '' });
  });

  it('refuses an old Node before anything else', async () => {
    const old = join(folder, 'old.cjs');
    await writeFile(old, 'Object.defineProperty(process.versions, "node", { value: "20.18.9" });');
    const { code, output } = await install({}, '--require', old);
    assert.deepEqual(
      [code, output],
      [1, 'Node 20.18.9 is too old: this project needs 20.19 or later. Install it from https://nodejs.org\n'],
    );
    assert.equal(await asked(), undefined);
  });
});
