import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { run } from '../../../../stack/cluster/run';
import {
  checksumOf,
  fetchRelease,
  findRelease,
  type Program,
  type Release,
} from '../../../../tools/cli/programs/release';
import { fakePrograms } from '../support/fakePrograms';

describe('fetchRelease(release, folder)', () => {
  const files = new Map<string, Buffer>();
  let server: Server;
  let base: string;
  let scratch: string;
  let folder: string;
  beforeEach(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'fetch-'));
    folder = join(scratch, 'bin');
    server = createServer((request, response) => {
      const file = files.get(request.url ?? '');
      response.statusCode = file ? 200 : 404;
      response.end(file);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    files.clear();
    server.closeAllConnections();
    server.close();
    await rm(scratch, { recursive: true });
  });

  function find(program: Program): Release {
    const release = findRelease(program, { system: 'linux', architecture: 'x64' }, base);
    assert.ok(release);
    return release;
  }
  /** Publishes `content` as the release's file, with its checksum in `list`. */
  function publish(release: Release, content: Buffer, list: (sum: string, file: string) => string): void {
    const path = (url: string): string => url.slice(base.length);
    files.set(path(release.url), content);
    const sum = createHash('sha256').update(content).digest('hex');
    files.set(path(release.checksumUrl), Buffer.from(list(sum, release.url.split('/').at(-1) ?? '')));
  }

  it('installs an executable program, and reports its progress', async () => {
    const release = find('minikube');
    publish(release, Buffer.from(`#!/bin/sh\necho v1\nexit\n${'#'.repeat(3 * 2 ** 20)}`), (sum) => `${sum}\n`);
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    await fetchRelease(release, folder, terminal);
    assert.match(String(terminal.read()), /^\r {2}\d\.\d+ MiB, [\d.]+ MiB\/s, of 3\.0 MiB/);
    assert.deepEqual(await readdir(folder), ['minikube']);
    assert.equal((await run(join(folder, 'minikube'), []))?.stdout, 'v1');
  });

  it('unpacks an archive with its checksum in a list', async () => {
    await mkdir(join(scratch, 'pulumi'));
    await writeFile(join(scratch, 'pulumi', 'pulumi'), 'program', { mode: 0o755 });
    await run('tar', ['-czf', join(scratch, 'archive'), '-C', scratch, 'pulumi']);
    const release = find('pulumi');
    publish(
      release,
      await readFile(join(scratch, 'archive')),
      (sum, file) => `${'0'.repeat(64)}  other.tar.gz\n${sum}  ${file}\n`,
    );
    await fetchRelease(release, folder, new PassThrough());
    assert.deepEqual(await readdir(folder), ['pulumi']);
    assert.equal((await stat(join(folder, 'pulumi'))).mode & 0o111, 0o111);
  });

  for (const [what, list, message] of [
    [
      'another checksum',
      () => '0'.repeat(64),
      /was not installed: the SHA-256 of http.* is [0-9a-f]{64}, but the published one is 0{64}\./,
    ],
    ['a list without it', () => `${'0'.repeat(64)}  other\n`, /but the published one is missing/],
  ] as const) {
    it(`installs nothing under ${what}`, async () => {
      const release = find('minikube');
      publish(release, Buffer.from('tampered with'), list);
      await assert.rejects(fetchRelease(release, folder, new PassThrough()), (error: Error) => {
        assert.match(error.message, message);
        return /\nTry again: npm run up -- --fetch\./.test(error.message);
      });
      assert.deepEqual(await readdir(folder), []);
    });
  }

  it("reports which file to download, and where to put it, if the server can't be reached", async () => {
    const release = find('minikube');
    await assert.rejects(fetchRelease(release, folder, new PassThrough()), ({ message }: Error) => {
      assert.match(message, /minikube [\d.]+ was not installed: http.*\.sha256 returned 404/);
      return (
        message.includes(release.url) && message.includes(release.checksumUrl) && message.includes(`${folder}/minikube`)
      );
    });
    assert.deepEqual(await readdir(folder), []);
  });

  it('reports the same, with the reason, without a network', async () => {
    const release = find('pulumi');
    server.close();
    await once(server, 'close');
    await assert.rejects(fetchRelease(release, folder, new PassThrough()), ({ message }: Error) => {
      assert.match(message, /pulumi [\d.]+ was not installed: fetch failed \(connect ECONNREFUSED/);
      return message.includes(release.url) && message.includes(`-C ${folder} --strip-components 1`);
    });
    assert.deepEqual(await readdir(folder), []);
  });

  it('leaves no partial program on a full disk, and reports the reason', async () => {
    const release = find('pulumi');
    publish(release, Buffer.from('an archive'), (sum, file) => `${sum}  ${file}\n`);
    const programs = await fakePrograms();
    await programs.add(
      'tar',
      'echo half > "$4/pulumi"; echo "tar: pulumi: Cannot write: No space left on device" >&2; exit 2',
    );
    const path = process.env.PATH;
    try {
      process.env.PATH = programs.path + delimiter + path;
      await assert.rejects(fetchRelease(release, folder, new PassThrough()), /Cannot write: No space left on device/);
    } finally {
      process.env.PATH = path;
      await programs.remove();
    }
    assert.deepEqual(await readdir(folder), []);
  });
});

describe('findRelease(program, platform)', () => {
  it('has the file of each supported platform', () => {
    const file = (program: Program, system: NodeJS.Platform, architecture: string): string | undefined =>
      findRelease(program, { system, architecture })?.url.split('/').at(-1);
    assert.equal(file('minikube', 'linux', 'x64'), 'minikube-linux-amd64');
    assert.equal(file('minikube', 'darwin', 'arm64'), 'minikube-darwin-arm64');
    assert.equal(file('minikube', 'win32', 'x64'), 'minikube-windows-amd64.exe');
    assert.match(file('pulumi', 'linux', 'arm64') ?? '', /^pulumi-v[\d.]+-linux-arm64\.tar\.gz$/);
    assert.match(file('pulumi', 'win32', 'x64') ?? '', /^pulumi-v[\d.]+-windows-x64\.zip$/);
    assert.equal(file('minikube', 'freebsd', 'x64'), undefined);
    assert.equal(file('minikube', 'linux', 'riscv64'), undefined);
  });

  it('reads all formats of checksum files', () => {
    assert.equal(checksumOf('AA  f\nbb *g\n', 'f'), 'aa');
    assert.equal(checksumOf('AA  f\nbb *g\n', 'g'), 'bb');
    assert.equal(checksumOf('cc\n', 'f'), 'cc');
    assert.equal(checksumOf('cc  h\n', 'f'), undefined);
  });
});
