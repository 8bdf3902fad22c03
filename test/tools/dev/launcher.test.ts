import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type ClientRequest, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { bundle } from '../../../service/bundle';
import { until } from '../../../stack/cluster/until';
import type { LauncherOptions } from '../../../stack/workloads/launcher';
import { type Build, Builder } from '../../../tools/dev/builder';
import { Load } from '../../../tools/drill/load/load';
import { emptyDatabase, firstStartMs } from '../../service/support/database';
import { Debugger } from './support/debugger';
import { type Launcher, startLauncher } from './support/launcher';

const root = resolve(__dirname, '../../..');

describe('the launcher of dev mode', function () {
  this.timeout(60_000);
  let folder: string;
  let uri: string;
  let build: Build;
  let launcher: Launcher;

  before(async function () {
    this.timeout(firstStartMs);
    folder = await mkdtemp(join(tmpdir(), 'image-'));
    await bundle({ main: resolve(root, 'service/main.ts') }, folder); // the image's code
    uri = await emptyDatabase();
    const builder = new Builder(root, 'service/main.ts');
    build = await builder.build();
    await builder.close();
  });
  after(() => rm(folder, { recursive: true }));
  afterEach(() => launcher.end());

  const start = async (changes?: Partial<LauncherOptions>): Promise<void> => {
    const command = ['node', join(folder, 'main.js')];
    launcher = await startLauncher({ MONGODB_URI: uri, LOG_LEVEL: 'error' }, command, changes);
  };
  /** The service with another welcome, or another change of its code. */
  const changed = (after: string, before = '"message":"Welcome"'): Build => {
    const code = gunzipSync(Buffer.from(build.code, 'base64')).toString();
    assert.ok(code.includes(before), before);
    const text = code.replace(before, () => after);
    return { ...build, hash: after, code: gzipSync(text).toString('base64') };
  };
  const welcome = (text: string): Build => changed(`"message":"${text}"`);
  const crash = "throw new TypeError('broken');";
  const broken = (): Build => changed(`async function main() {\n${crash}`, 'async function main() {');
  const get = async (): Promise<string> => (await fetch(launcher.url)).text();

  it("runs the image's code when no other comes", async () => {
    await start({ waitMs: 0 });
    assert.equal((await launcher.next('live')).hash, 'image');
    assert.match(await get(), /"Welcome"/);
    assert.deepEqual(await launcher.state(), { code: 'image' });
  });

  it("runs code that comes in time at once, and never the image's", async () => {
    await start({ waitMs: 30_000 });
    const build = welcome('First');
    launcher.target.push(build);
    assert.equal((await launcher.next('live')).hash, build.hash);
    assert.match(await get(), /"First"/);
    assert.deepEqual(await launcher.state(), { code: build.hash });
    assert.ok(!launcher.messages.some((message) => 'hash' in message && message.hash === 'image'));
  });

  it('replaces code under load without a failed request, and new requests never reach the old code', async () => {
    await start({ waitMs: 0 });
    await launcher.next('live');
    const load = new Load({ url: launcher.url, run: 'dev', clients: 16, rate: 100, writes: 20 });
    for (let save = 0; save < 5; save += 1) {
      launcher.target.push(welcome(`Save ${save}`));
      await launcher.next('live');
      assert.match(await get(), new RegExp(`"Save ${save}"`));
    }
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.ok(load.requests > 50, String(load.requests));
  });

  /** A request that the code that runs has accepted, and can't answer before it ends. */
  const openUpload = async (): Promise<ClientRequest> => {
    const upload = request(`${launcher.url}/data`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-ndjson' },
    });
    upload.write('{"name":"before"}\n');
    await new Promise((sent) => upload.once('socket', (socket) => socket.once('connect', sent)));
    return upload;
  };

  it('lets code finish its requests', async () => {
    await start({ waitMs: 30_000 });
    launcher.target.push(changed('{ inserted: 100,', '{ inserted: 0,'));
    await launcher.next('live');
    const upload = await openUpload();
    launcher.target.push(welcome('New'));
    await launcher.next('live');
    assert.match(await get(), /"New"/);
    upload.end('{"name":"after"}\n');
    const [response] = await once(upload, 'response');
    response.setEncoding('utf8');
    const [body] = await once(response, 'data');
    assert.deepEqual(JSON.parse(body), { inserted: 102 });
  });

  it('lets code that is given up before it is healthy finish its requests', async () => {
    await start({ waitMs: 0 });
    await launcher.next('live');
    const slow = `async function main() {
      const open = new Set();
      let ending = false;
      const server = require('node:http').createServer(({ url }, response) => {
        if (url === '${launcher.options.health}') return response.writeHead(503).end();
        console.log('accepted');
        if (ending) return response.end('"Slow"');
        open.add(response);
      });
      process.once('SIGTERM', () => {
        ending = true;
        server.close(() => process.exit());
        for (const response of open) response.end('"Slow"');
      });
      return server.listen(${launcher.options.port});`;
    launcher.target.push({ ...changed(slow, 'async function main() {'), hash: 'slow' });
    const answers: Promise<string>[] = [];
    let waiting = 0;
    const accepted = (): boolean => {
      if (waiting < 8) {
        waiting += 1;
        answers.push(get().finally(() => (waiting -= 1))); // those that the code that runs gets, it answers
      }
      return launcher.output().includes('accepted');
    };
    await until('it has accepted a request', accepted, 40_000);
    launcher.target.push(welcome('New'));
    assert.equal((await launcher.next('live')).hash, '"message":"New"');
    for (const answer of await Promise.all(answers)) assert.match(answer, /"Slow"|"Welcome"|"New"/);
    assert.match(await get(), /"New"/);
  });

  it('loads packages in the next worker before code comes, also while old code still has a request', async () => {
    await start({ waitMs: 30_000 });
    const loaders = gunzipSync(Buffer.from(build.packages.code, 'base64')).toString();
    const telling = `${loaders}
      const { koa } = module.exports;
      module.exports.koa = () => (console.log('koa in ' + process.pid), koa());`;
    const packages = { hash: 'telling', code: gzipSync(telling).toString('base64') };
    const workers = (): number => new Set(launcher.output().match(/koa in \d+/g)).size;

    launcher.target.push({ ...welcome('First'), packages });
    await launcher.next('live');
    await until('the second worker has loaded Koa', () => workers() === 2);
    const upload = await openUpload();
    let answered = false;
    const answer = once(upload, 'response').then(([response]) => {
      answered = true;
      response.resume();
    });
    launcher.target.push({ ...welcome('Second'), packages });
    await launcher.next('live');
    assert.equal(workers(), 2); // the code runs in that worker
    launcher.target.send({ type: 'prepare' });
    await until('the third worker has loaded Koa', () => workers() === 3);
    assert.equal(answered, false); // the end of the first worker, too, would have made it
    upload.end();
    await answer;
  });

  it('keeps what V8 has compiled of the packages, and does without it where it is damaged', async () => {
    await start({ waitMs: 30_000 });
    const file = join(launcher.options.folder, `packages-${build.packages.hash}.js.compiled`);
    const size = async (): Promise<number> => (await stat(file).catch(() => ({ size: 0 }))).size;
    launcher.target.push(welcome('First'));
    await launcher.next('live');
    await until('it is kept', async () => (await size()) > 1e6);
    await writeFile(file, 'damaged');
    for (const text of ['Second', 'Third']) {
      launcher.target.send({ type: 'prepare' });
      launcher.target.push(welcome(text));
      await launcher.next('live');
      assert.match(await get(), new RegExp(text));
    }
    await until('it is kept again', async () => (await size()) > 1e6);
  });

  it('reports the stack of code that crashes at its start, and keeps the old code running', async () => {
    await start({ waitMs: 0 });
    await launcher.next('live');
    launcher.target.push(broken());
    const { output, fault } = await launcher.next('failed');
    assert.equal(fault, 'it ended with exit code 1');
    assert.ok(output.includes(`TypeError: broken\n`), output);
    assert.match(output, new RegExp(`${root}/service/main.ts:\\d+:\\d+`));
    assert.match(await get(), /"Welcome"/);
    assert.deepEqual(await launcher.state(), { code: 'image' });
    launcher.target.push(welcome('Mended'));
    await launcher.next('live');
    assert.match(await get(), /"Mended"/);
  });

  it("runs the image's code where there is no old code to run on", async () => {
    await start({ waitMs: 30_000 });
    launcher.target.push(broken());
    await launcher.next('failed');
    assert.equal((await launcher.next('live')).hash, 'image');
    assert.match(await get(), /"Welcome"/);
  });

  it('restarts crashed code', async () => {
    await start({ waitMs: 30_000 });
    launcher.target.push(
      changed(`async function main() {\nsetTimeout(() => { ${crash} }, 3000);`, 'async function main() {'),
    );
    const { hash } = await launcher.next('live');
    assert.match((await launcher.next('crashed')).output, /service\/main\.ts:\d+/);
    assert.equal((await launcher.next('live')).hash, hash);
    assert.match(await get(), /"Welcome"/);
  });

  it("goes back to the image's code when the heartbeat ends", async () => {
    await start({ waitMs: 30_000, leaseMs: 4000 });
    launcher.target.push(welcome('Leased'));
    await launcher.next('live');
    await launcher.target.close(false);
    await until("the image's code runs", async () => isDeepStrictEqual(await launcher.state(), { code: 'image' }));
    assert.match(await get(), /"Welcome"/);
  });

  it('survives connections that are reset', async () => {
    await start({ waitMs: 0 });
    await launcher.next('live');
    for (let times = 0; times < 3; times += 1) {
      const socket = connect(launcher.options.control, '127.0.0.1');
      const [hello] = await once(socket, 'data');
      assert.match(String(hello), /"hello"/);
      socket.resetAndDestroy();
      await once(socket, 'close');
    }
    assert.match(await get(), /"Welcome"/);
  });

  it('can be debugged with the lines of the TypeScript files, also after a save', async () => {
    await start({ waitMs: 30_000 });
    launcher.target.push(welcome('First'));
    await launcher.next('live');
    launcher.target.send({ type: 'inspect' });
    for (const text of ['Second', 'Third']) {
      const { port } = await launcher.next('inspecting');
      const attached = await Debugger.attach(port);
      await attached.breakOn('service/example/welcome.ts', 'context.body = `{');
      const answer = get();
      const { file, line } = await until('it pauses', () => attached.pausedAt());
      assert.equal(file, pathToFileURL(join(root, 'service/example/welcome.ts')).href);
      assert.match((await readFile(fileURLToPath(file), 'utf8')).split('\n')[line - 1] ?? '', /context\.body = `{/);
      await attached.resume();
      assert.match(await answer, /"message"/);
      attached.close();
      launcher.target.push(welcome(text));
      await launcher.next('live');
    }
  });

  it('ends with all of its workers', async () => {
    await start({ waitMs: 0 });
    await launcher.next('live');
    launcher.child.kill('SIGTERM');
    const [code] = await once(launcher.child, 'exit');
    assert.equal(code, 0, launcher.output());
    await assert.rejects(get());
  });
});
