import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import getPort from 'get-port';
import { bundle } from '../../service/bundle';
import { until } from '../../stack/cluster/until';
import { emptyDatabase, firstStartMs } from './support/database';

const project = resolve(__dirname, '../..');

/** All that a service of one's own needs in place of the example. */
const route = `import { createService } from './platform/createService';
import { endpoint } from './platform/endpoint';

export const service = createService({
  limits: { names: { variable: 'MAX_NAMES', default: 10, min: 1, max: 100 } },
  openapi: { info: { title: 'Names', version: '1.0.0', description: 'Lists names.' }, schemas: {} },
  routes: (router, { database, limits }) => {
    const listNames = endpoint('listNames', 'Lists names.', { responses: { 200: 'The names.' },
      handler: async (context) => {
        const names = database.run((db) => db.collection<{ name: string }>('names').find().limit(limits.names).toArray());
        context.body = (await names).map(({ name }) => name);
      },
    });
    router.add('get', '/names', listNames);
  },
});
`;

describe('a service of 20 lines in place of the example', function () {
  this.timeout(120_000);
  let folder: string;
  let child: ChildProcess | undefined;

  before(async function () {
    this.timeout(firstStartMs);
    folder = await mkdtemp(join(tmpdir(), 'web-'));
    await cp(join(project, 'service'), join(folder, 'service'), { recursive: true });
    await rm(join(folder, 'service/example'), { recursive: true });
    await writeFile(join(folder, 'service/service.ts'), route);
    await symlink(join(project, 'node_modules'), join(folder, 'node_modules'), 'junction');
    const compiler = JSON.parse(await readFile(join(project, 'tsconfig.json'), 'utf8')) as object;
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ ...compiler, include: ['service'] }));
    await writeFile(join(folder, 'package.json'), '{}');
  });
  after(async () => {
    child?.kill('SIGKILL');
    await rm(folder, { recursive: true });
  });

  it('passes the types', async () => {
    const compiler = require.resolve('typescript/bin/tsc');
    await promisify(execFile)(process.execPath, [compiler, '--noEmit'], { cwd: folder });
  });

  it('starts, reports its health, serves, and drains', async () => {
    const [port, metrics] = [await getPort(), await getPort()];
    await bundle({ main: join(folder, 'service/main.ts') }, join(folder, 'dist'));
    child = spawn(process.execPath, [join(folder, 'dist/main.js')], {
      env: {
        MONGODB_URI: await emptyDatabase(),
        HTTP_PORT: String(port),
        METRICS_PORT: String(metrics),
        DRAIN_SECONDS: '1',
      },
      stdio: 'ignore',
    });
    const exited = once(child, 'exit');
    const status = (path: string): Promise<number> =>
      fetch(`http://127.0.0.1:${port}${path}`).then(
        (response) => response.status,
        () => 0,
      );
    await until('it has started', async () => (await status('/health/startup')) === 200);
    assert.deepEqual(await (await fetch(`http://127.0.0.1:${port}/names`)).json(), []);
    for (const [path, expected] of [
      ['/health/ready', 200],
      ['/openapi.json', 200],
      ['/data', 404],
      ['/', 404],
    ] as const) {
      assert.equal(await status(path), expected, path);
    }
    child.kill('SIGTERM');
    await until('it is unready', async () => (await status('/health/ready')) === 503);
    assert.equal(await status('/names'), 200);
    assert.deepEqual(await exited, [0, null]);
  });

  it('has no word of documents in what it keeps', async () => {
    const { stdout } = await promisify(execFile)('git', ['grep', '-ilw', 'documents', '--', 'service/platform'], {
      cwd: project,
    }).catch((error: { stdout: string }) => error);
    assert.equal(stdout, '');
  });
});
