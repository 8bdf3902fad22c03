import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { type Registered, recordResources } from './support/record';

const root = resolve(__dirname, '../..');

/** Another Pulumi program, which has this project as a dependency. */
const program = `
import { MinikubeCluster, MongoDatabase, RestrictedNamespace, ServiceImage, WebEndpoint, WebService } from 'webstack';

const cluster = new MinikubeCluster('minikube', { profile: 'other' });
const { name: namespace } = new RestrictedNamespace('namespace', { name: 'other' }, cluster.options);
const mongo = { image: 'mongo:8.0', pulledImage: cluster.pull('mongo', 'mongo:8.0'), memory: 700, storage: '1Gi' };
const database = new MongoDatabase('mongo', { ...mongo, namespace }, cluster.options);
const image = new ServiceImage('web', { source: 'main.ts', cluster });
const scaling = { minReplicas: 2, maxReplicas: 5, targetCpu: 70, scaleDownSeconds: 300 };
const connections = { MONGODB_URI: database };
const web = new WebService('web', { namespace, image, scaling, connections }, cluster.options);
const exposure = { kind: 'nodePort', host: '127.0.0.1', nodePort: 30500 } as const;
export const { url } = new WebEndpoint('web', { namespace, service: web, exposure }, cluster.options);
`;

describe('the package, in another project', function () {
  this.timeout(180_000);
  let folder: string;
  let resources: readonly Registered[];
  const one = (kind: string): Registered =>
    resources.find(({ type }) => type.endsWith(`:${kind}`)) ?? assert.fail(`no ${kind}`);
  /** What `file` makes, run as a program in the other project. */
  const run = async (file: string): Promise<readonly Registered[]> => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      return (await recordResources(async () => require(join(folder, file)) as object)).resources;
    } finally {
      process.chdir(before);
    }
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'package-'));
    const modules = join(folder, 'node_modules');
    await mkdir(join(modules, 'webstack'), { recursive: true });
    for (const name of await readdir(join(root, 'node_modules'))) {
      if (!name.startsWith('.')) await symlink(join(root, 'node_modules', name), join(modules, name), 'junction');
    }
    const { stdout } = await execa('npm', ['pack', '--silent', `--pack-destination=${folder}`], { cwd: root });
    const [tarball = ''] = stdout.trim().split('\n').slice(-1);
    const extract = ['-xzf', tarball, '--strip-components=1', '-C', 'node_modules/webstack'];
    await execa('tar', extract, { cwd: folder });
    await writeFile(join(folder, 'index.ts'), program);
    await writeFile(join(folder, 'main.ts'), "console.log('a service');\n");
    const readme = await readFile(join(root, 'stack/cluster/README.md'), 'utf8');
    await writeFile(
      join(folder, 'cluster.ts'),
      /^```typescript\n(.*?)^```/ms.exec(readme)?.[1] ?? assert.fail('no example'),
    );
  });
  after(() => rm(folder, { recursive: true }));

  it('has types', async () => {
    const args = [
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'node20',
      '--types',
      'node',
      'index.ts',
      'cluster.ts',
    ];
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { failed, all } = await execa(process.execPath, [tsc, ...args], { cwd: folder, all: true, reject: false });
    assert.ok(!failed, all);
  });

  it("makes the cluster, and on it the project's own service", async () => {
    resources = await run('index.ts');
    const { context, dockerfile } = one('index/image:Image').inputs.build!;
    assert.deepEqual([context, dockerfile], ['dist', join('node_modules', 'webstack', 'service', 'Dockerfile')]);
    assert.deepEqual(await readdir(join(folder, 'dist')), ['main.js', 'main.js.map']);
    assert.equal(one('Deployment').deletedWith, 'pulumi-nodejs:dynamic/minikube:Profile minikube');
  });

  it('makes the cluster alone, as its README shows', async () => {
    const made = await run('cluster.ts');
    const typesOf = (of: readonly Registered[]): string[] => of.map(({ type }) => type);
    assert.equal(typesOf(made).filter((type) => type.startsWith('webstack:workloads:')).length, 0);
    const own = typesOf(resources).filter((type) => /minikube:(Profile|Registry|Start)|cluster:/.test(type));
    for (const type of [...own, 'pulumi-nodejs:dynamic/minikube:Location'])
      assert.ok(typesOf(made).includes(type), type);
    assert.equal(made.find(({ name }) => name === 'apps')?.type, 'lab:Apps');
  });

  it('leaves the program of this project to Pulumi, which takes the default of `exports` before `main`', async () => {
    const { main, exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      readonly main: string;
      readonly exports: { readonly '.': { readonly default: string } };
    };
    assert.deepEqual([main, exports['.'].default], ['stack/main.js', './stack/main.js']);
  });

  it('finds the code of its dynamic resources, which the state names', () => {
    const [, file = ''] = /require\('(.*?)'\)/.exec(String(one('Profile').inputs.__provider)) ?? [];
    const path = require.resolve(file, { paths: [folder] });
    const load = require(path) as (type: string) => { readonly create: unknown };
    assert.equal(typeof load('minikube:Profile').create, 'function');
  });
});
