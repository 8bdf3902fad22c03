import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import which from 'which';
import { providePrograms } from '../../../../tools/cli/programs/programs';
import { findRelease, type Release } from '../../../../tools/cli/programs/release';
import { type FakePrograms, fakePrograms } from '../support/fakePrograms';

const program = Buffer.from(`#!/bin/sh\necho v1\nexit\n${'#'.repeat(2 ** 21)}`);

/** A terminal, or what is none, on which `answer` is typed when it asks; `undefined` for Ctrl-D. */
function terminal(
  answer: string | undefined,
  isTTY = true,
): { stdin: PassThrough; stdout: PassThrough; shown(): string } {
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const stdout = Object.assign(new PassThrough(), { isTTY });
  let shown = '';
  stdout.on('data', (text: Buffer) => {
    shown += text.toString();
    if (!shown.endsWith('[y/N] ')) return;
    if (answer === undefined) stdin.end();
    else stdin.write(`${answer}\n`);
  });
  return { stdin, stdout, shown: () => shown };
}

describe('providePrograms(programs)', () => {
  const path = process.env.PATH;
  let programs: FakePrograms;
  let folder: string;
  let server: Server;
  let asked: (string | undefined)[];
  let host: string;
  beforeEach(async () => {
    programs = await fakePrograms();
    process.env.PATH = programs.path;
    folder = await mkdtemp(join(tmpdir(), 'bin-'));
    asked = [];
    server = createServer(({ url }, response) => {
      asked.push(url);
      response.end(url?.endsWith('.sha256') ? createHash('sha256').update(program).digest('hex') : program);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    process.env.PATH = path;
    server.closeAllConnections();
    server.close();
    await Promise.all([programs.remove(), rm(folder, { recursive: true })]);
  });

  it('asks on a terminal with version and folder, and downloads after a yes', async () => {
    const user = terminal('y');
    await providePrograms(['minikube'], { fetch: false, host, folder, terminal: user });
    assert.match(user.shown(), /minikube is not installed\. Download \d+\.\d+\.\d+ to .*\? \[y\/N\] /);
    assert.ok(user.shown().includes(`to ${folder}?`) && user.shown().includes(`from ${host}/`));
    assert.match(user.shown(), /\r {2}\d\.\d+ MiB, .* of 2\.0 MiB.*The checksum matches\./s);
    assert.equal(await which('minikube'), join(folder, 'minikube'));
  });

  for (const [what, user] of [
    ['a no', () => terminal('n')],
    ['an empty answer', () => terminal('')],
    ['Ctrl-D', () => terminal(undefined)],
    ['no terminal to ask on', () => terminal('y', false)],
  ] as const) {
    it(`fetches nothing at ${what}`, async () => {
      await providePrograms(['minikube'], { fetch: false, host, folder, terminal: user() });
      assert.deepEqual([asked, await readdir(folder)], [[], []]);
    });
  }

  it('does not ask with --fetch', async () => {
    const user = terminal('n');
    await providePrograms(['minikube'], { fetch: true, host, folder, terminal: user });
    assert.doesNotMatch(user.shown(), /\?/);
    assert.deepEqual(await readdir(folder), ['minikube']);
  });

  it('downloads nothing that is on PATH and new enough', async () => {
    await programs.add('minikube', 'echo v1.34.0');
    await programs.add('pulumi', 'echo v3.248.0');
    await providePrograms(['minikube', 'pulumi'], { fetch: true, host, folder });
    assert.deepEqual(asked, []);
  });

  it('downloads a program that is on PATH and too old', async () => {
    await programs.add('minikube', 'echo v1.33.1');
    const user = terminal('y');
    await providePrograms(['minikube'], { fetch: false, host, folder, terminal: user });
    assert.match(user.shown(), /minikube is 1\.33\.1, and 1\.34\.0 or later is needed\. Download /);
    assert.equal(await which('minikube'), join(folder, 'minikube'));
  });

  it('replaces a downloaded program of another version than the pinned one', async () => {
    const { version } = findRelease('minikube', { system: 'linux', architecture: 'x64' }) as Release;
    for (const [found, files] of [
      ['1.36.0', 2],
      [version, 0],
    ] as const) {
      asked.length = 0;
      await writeFile(join(folder, 'minikube'), `#!/bin/sh\necho v${found}\n`, { mode: 0o755 });
      await providePrograms(['minikube'], { fetch: true, host, folder, terminal: terminal('n') });
      assert.equal(asked.length, files, found);
    }
  });
});
