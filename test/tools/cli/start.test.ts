import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import getPort from 'get-port';
import { until } from '../../../stack/cluster/until';
import { ProjectCopy } from '../../../tools/projectCopy';
import { firstStartMs } from '../../service/support/database';

const root = resolve(__dirname, '../../..');

describe('npm start', function () {
  this.timeout(firstStartMs);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'web-'));
  });
  after(() => rm(folder, { recursive: true }));

  function start(...options: readonly string[]): { readonly child: ChildProcess; output(): string } {
    const child = spawn(process.execPath, ['--import', 'tsx', 'tools/cli/start.ts', '--data', folder, ...options], {
      cwd: root,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => {
        output += text.toString();
      });
    return { child, output: () => output };
  }
  /** Waits until the URL is told. The first start on a machine may fetch a database: only a process that ended ends the wait early. */
  async function serving({ child, output }: ReturnType<typeof start>): Promise<void> {
    await until('the URL is told', () => child.exitCode !== null || output().includes('Ctrl-C'), firstStartMs);
    assert.equal(child.exitCode, null, output());
  }
  /** Ctrl-C, which npm repeats where its shell is bash. */
  async function stop({ child, output }: ReturnType<typeof start>): Promise<void> {
    child.kill('SIGINT');
    await until('it stops', () => output().includes('Stopping'), undefined, 1);
    child.kill('SIGINT');
    if (child.exitCode === null) await once(child, 'exit');
    assert.equal(child.exitCode, 0);
  }

  it('serves, shows its URL and database, stops with its child processes, and keeps its data', async () => {
    const port = await getPort();
    const url = `http://127.0.0.1:${port}`;
    const first = start('--port', String(port));
    await serving(first);
    assert.ok(first.output().includes(`ready at ${url}`));
    assert.match(first.output(), /Database: MongoDB \d/);
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"_id":"kept"}' };
    assert.equal((await fetch(`${url}/data`, init)).status, 201);

    const taken = start('--port', String(port));
    await once(taken.child, 'close');
    assert.equal(taken.child.exitCode, 1);
    assert.match(
      taken.output(),
      new RegExp(`^Port ${port} is in use by .+\\. Use another port: npm start -- --port ${port + 1}\n$`),
    );

    await stop(first);
    await assert.rejects(fetch(url));
    // Were the first one's database still there, the second could not open its folder.
    const second = start('--port', String(port));
    await serving(second);
    assert.equal((await fetch(`${url}/data/kept`)).status, 200);
    await stop(second);
  });

  it('stops at once at a later Ctrl-C, though a client is sending', async () => {
    const port = await getPort();
    const running = start('--port', String(port));
    await serving(running);
    const upload = request(`http://127.0.0.1:${port}/data`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-ndjson' },
    });
    upload.on('error', () => undefined).write('{"a":1}\n');
    await until('its line is stored', async () =>
      (await (await fetch(`http://127.0.0.1:${port}/data`)).text()).includes('"a":1'),
    );
    const began = performance.now();
    const again = (): boolean => !running.child.kill('SIGINT') || running.child.exitCode !== null;
    await until('it ends', again, undefined, 200);
    assert.equal(running.child.exitCode, 0, running.output());
    assert.ok(performance.now() - began < 10_000);
    upload.destroy();
    // Were its database still there, another could not open its folder.
    const next = start('--port', String(port));
    await serving(next);
    await stop(next);
  });

  it('runs each save with --watch, and ends with its child processes', async () => {
    const copy = await ProjectCopy.make({ stack: 'dev' });
    const port = await getPort();
    const url = `http://127.0.0.1:${port}`;
    try {
      const options = ['--watch', '--data', join(copy.folder, 'data'), '--port', String(port)];
      const child = copy.start(process.execPath, ['--import', 'tsx', 'tools/cli/start.ts', ...options]);
      let output = '';
      child.all.on('data', (text: Buffer) => {
        output += text.toString();
      });
      const welcome = (): Promise<string> =>
        fetch(url).then(
          (answer) => answer.text(),
          () => '',
        );
      await until('it answers', async () => (await welcome()).includes('"Welcome"'), firstStartMs);
      await until('its code is live', () => output.includes('live in 1 of 1'));
      await copy.edit('service/example/welcome.ts', '"message":"Welcome"', '"message":"Saved"');
      await until('the save answers', async () => (await welcome()).includes('"Saved"'));
      assert.equal((await fetch(`${url}/data`)).status, 200);
      child.kill('SIGINT');
      const { exitCode, all } = await child;
      assert.equal(exitCode, 0, all);
      assert.match(all, /service\/example\/welcome\.ts: live in 1 of 1 after \d+ ms/);
      assert.equal(await welcome(), '');
    } finally {
      await copy.remove();
    }
  });

  it("refuses a service that it can't run", async () => {
    for (const service of ['examples/flask', 'service/missing.ts']) {
      const { child, output } = start('--service', service);
      await once(child, 'close');
      assert.equal(child.exitCode, 1);
      assert.match(output(), new RegExp(`^--service is '${service}' and must be a TypeScript file, such as`));
    }
  });

  it('refuses an invalid port', async () => {
    const { child, output } = start('--port', 'http');
    await once(child, 'close');
    assert.equal(child.exitCode, 1);
    assert.match(output(), /HTTP_PORT is 'http'/);
  });
});
