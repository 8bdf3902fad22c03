import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import getPort from 'get-port';
import { bundle } from '../../service/bundle';
import { until } from '../../stack/cluster/until';
import { emptyDatabase, firstStartMs } from './support/database';

describe('the bundled service, as a process', function () {
  this.timeout(60_000);
  let folder: string;
  let uri: string;

  before(async function () {
    this.timeout(firstStartMs);
    // Alone in a folder, as in its image: nothing of node_modules is there.
    folder = await mkdtemp(join(tmpdir(), 'web-'));
    await bundle({ main: resolve(__dirname, '../../service/main.ts') }, folder);
    uri = await emptyDatabase();
  });
  after(() => rm(folder, { recursive: true }));

  interface Run {
    readonly child: ChildProcess;
    readonly url: string;
    readonly metrics: string;
    output(): string;
  }

  async function run(variables: Record<string, string>): Promise<Run> {
    const [port, metricsPort] = [await getPort(), await getPort()];
    const child = spawn(process.execPath, ['main.js'], {
      cwd: folder,
      env: { HTTP_PORT: String(port), METRICS_PORT: String(metricsPort), ...variables },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => {
        output += text.toString();
      });
    return {
      child,
      url: `http://127.0.0.1:${port}`,
      metrics: `http://127.0.0.1:${metricsPort}/metrics`,
      output: () => output,
    };
  }
  const status = (url: string): Promise<number> =>
    fetch(url).then(
      (response) => response.status,
      () => 0,
    );

  it('serves, measures, logs, drains and exits with 0', async () => {
    const { child, url, metrics, output } = await run({ MONGODB_URI: uri, DRAIN_SECONDS: '1' });
    await until('it is ready', async () => (await status(`${url}/health/startup`)) === 200);
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"name":"test"}' };
    assert.equal((await fetch(`${url}/data`, init)).status, 201);
    assert.match(
      await (await fetch(metrics)).text(),
      /http_request_duration_seconds_count\{method="POST",route="\/data",status="201"\} 1/,
    );
    assert.equal(await status(`${url}/metrics`), 404);

    child.kill('SIGTERM');
    await until('it is unready', async () => (await status(`${url}/health/ready`)) === 503);
    const response = await fetch(`${url}/data`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('Connection'), 'close');
    if (child.exitCode === null) await once(child, 'exit');
    assert.equal(child.exitCode, 0, output());
    const lines = output()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string; path?: string; access?: string });
    assert.equal(lines.find(({ msg }) => msg === 'listening')?.access, 'open to everybody');
    assert.ok(lines.some(({ msg, path }) => msg === 'request' && path === '/data'));
    assert.equal(lines.at(-1)?.msg, 'stopped');
  });

  it('drains and exits with 0 on a SIGTERM that comes while it starts', async () => {
    const early = join(folder, 'early.cjs');
    const kill = `const { Server } = require('node:net');
      const { listen } = Server.prototype;
      Server.prototype.listen = function (...options) {
        Server.prototype.listen = listen;
        process.kill(process.pid, 'SIGTERM');
        return this.listen(...options);
      };`;
    await writeFile(early, kill);
    const { child, output } = await run({ MONGODB_URI: uri, NODE_OPTIONS: `--require ${early}` });
    await once(child, 'close');
    assert.equal(child.exitCode, 0, output());
    assert.match(output(), /"stopped"/);
  });

  it('listens, alive and not started, while there is no database', async () => {
    const { child, url } = await run({ MONGODB_URI: `mongodb://127.0.0.1:${await getPort()}/app` });
    await until('it is alive', async () => (await status(`${url}/health/live`)) === 200);
    assert.equal(await status(`${url}/health/startup`), 503);
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
    assert.equal(child.exitCode, 0);
  });

  it('logs errors with their class, and stacks with the lines of the sources', async () => {
    const { child, output } = await run({ MONGODB_URI: `mongodb://127.0.0.1:${await getPort()}/app` });
    await until('it is logged that the database is away', () => output().includes('database away'));
    child.kill('SIGKILL');
    const [line] = output()
      .split('\n')
      .filter((text) => text.includes('database away'));
    const { err } = JSON.parse(line ?? '') as { err: { type: string; stack: string } };
    assert.equal(err.type, 'MongoServerSelectionError');
    assert.match(err.stack, /^MongoServerSelectionError: connect ECONNREFUSED/);
    assert.match(err.stack, /service\/platform\/database\.ts:\d+/);
    assert.doesNotMatch(line ?? '', /main\.js|Error\d/);
  });

  it('ends on SIGTERM although its log is not read', async () => {
    const { child, url, metrics } = await run({ MONGODB_URI: uri });
    await until('it is ready', async () => (await status(`${url}/health/startup`)) === 200);
    child.stdout?.pause();
    const path = `/${'x'.repeat(8000)}`;
    await until('lines are dropped', async () => {
      await Promise.all(Array.from({ length: 50 }, () => status(url + path)));
      return /^log_lines_dropped_total [1-9]/m.test(await (await fetch(metrics)).text());
    });
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    assert.equal(child.signalCode, 'SIGTERM');
  });

  it('ends with what is wrong in its environment', async () => {
    const { child, output } = await run({ DRAIN_SECONDS: 'soon' });
    await once(child, 'close');
    assert.equal(child.exitCode, 1);
    assert.match(output(), /MONGODB_URI is not set.*DRAIN_SECONDS is 'soon'/s);
  });

  it("ends with the port that it can't have", async () => {
    const taken = createServer().listen(0);
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const { child, output } = await run({ MONGODB_URI: uri, HTTP_PORT: String(port) });
    await once(child, 'close');
    taken.close();
    assert.equal(child.exitCode, 1);
    assert.match(output(), new RegExp(`^Port ${port} is in use by another process`));
  });
});
