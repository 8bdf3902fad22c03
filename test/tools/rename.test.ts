import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { execa } from 'execa';
import { parse } from 'yaml';

const root = resolve(__dirname, '../..');
const { name } = parse(readFileSync(join(root, 'Pulumi.yaml'), 'utf8')) as { readonly name: string };

describe('another name', function () {
  this.timeout(300_000);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'my-shop-'));
    const filter = (path: string): boolean => !['node_modules', 'dist', 'results'].includes(basename(path));
    for (const part of [
      'service',
      'stack',
      'examples',
      'test',
      'tools',
      'package.json',
      'package-lock.json',
      'tsconfig.json',
    ]) {
      await cp(join(root, part), join(folder, part), { recursive: true, filter });
    }
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
    const project = await readFile(join(root, 'Pulumi.yaml'), 'utf8');
    await writeFile(join(folder, 'Pulumi.yaml'), project.replace(/^name: .*$/m, 'name: my-shop'));
  });
  after(() => rm(folder, { recursive: true }));
  const run = (program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    execa(program, args, { cwd: folder, env, all: true, reject: false });

  it('is one line in Pulumi.yaml: no source has the old one', async () => {
    for (const part of ['service', 'stack', 'examples', 'test', 'tools']) {
      for (const file of await readdir(join(folder, part), { recursive: true })) {
        if (!/\.(m?ts|json|js|html)$/.test(file) || join(part, file) === join('test/tools', basename(__filename)))
          continue;
        const text = await readFile(join(folder, part, file), 'utf8');
        assert.ok(!text.includes(name), `${join(part, file)} has the name ${name}`);
      }
    }
  });

  it("passes the stack's and the commands' tests", async () => {
    const files = [
      'stack/graph',
      'stack/urns',
      'stack/configuration/parse',
      'tools/cli/shared/configuration',
      'tools/cli/up',
    ];
    const specs = files.map((file) => `test/${file}.test.ts`);
    const mocha = ['node_modules/mocha/bin/mocha.js', '--no-config', '-r', 'tsx/cjs', '--fail-zero', ...specs];
    const { failed, all } = await run(process.execPath, [...mocha, '-g', 'graph|URN|onfiguration|make a stack']);
    assert.ok(!failed, all);
  });

  it('is in a preview by the real Pulumi', async function () {
    const programs = [
      ['docker', 'info'],
      ['minikube', 'version'],
      ['pulumi', 'version'],
    ] as const;
    const outcomes = await Promise.all(programs.map(([program, command]) => run(program, [command])));
    if (outcomes.some(({ failed }) => failed)) this.skip();
    const environment = { PULUMI_CONFIG_PASSPHRASE: '', PULUMI_STACK: 'rename' };
    await writeFile(
      join(folder, 'Pulumi.rename.yaml'),
      'config: {my-shop:nodePort: 30987, my-shop:registryPort: 5987}\n',
    );
    const npm = (...args: string[]) => run('npm', ['run', '--silent', 'up', '--', ...args], environment);
    const { failed, all } = await npm('--preview');
    assert.ok(!failed, all);
    assert.match(all, /my-shop-rename/);
    assert.match(all, /\+ \d\d to create/);
    assert.ok(!all.includes(name), all);
  });
});
