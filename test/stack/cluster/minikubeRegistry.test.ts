import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { minikubeRegistryProvider as provider, removeRegistry } from '../../../stack/cluster/minikubeRegistry';

describe('the registry of a Minikube cluster', function () {
  this.timeout(30_000);
  const { PATH } = process.env;
  let folder: string;
  let server: Server;
  let inputs: { readonly profile: string; readonly port: number };

  /** A Docker that has this container and volume of ours, and network, and notes what else it is told to do. */
  async function docker(has: { container?: string; identity?: string; network?: string; fails?: string }) {
    const { container = '', identity = '', network = '', fails = '' } = has;
    const script = `#!/bin/sh
      case "$1 $2" in
        'ps '*) echo '${container}' ;;
        'volume ls') echo '${identity}' ;;
        'network ls') echo '${network && 'id'}' ;;
        'network inspect') echo '${network}' ;;
        '${fails} '*) echo Conflict >&2; exit 1 ;;
        *) echo "$*" >> '${join(folder, 'calls')}' ;;
      esac`;
    await writeFile(join(folder, 'docker'), script);
    await chmod(join(folder, 'docker'), 0o755);
    await writeFile(join(folder, 'calls'), '');
  }
  const calls = async (): Promise<string[]> =>
    (await readFile(join(folder, 'calls'), 'utf8')).split('\n').filter(Boolean);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'docker-'));
    process.env.PATH = [folder, PATH].join(delimiter);
    server = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    inputs = { profile: 'p', port: (server.address() as AddressInfo).port };
  });
  after(async () => {
    process.env.PATH = PATH;
    server.close();
    await rm(folder, { recursive: true });
  });

  it('is reached on 127.0.0.1 alone, and is another one with a new volume', async () => {
    await docker({});
    const { id, outs } = await provider.create!(inputs);
    assert.equal(id, 'p-registry');
    assert.match(String(outs?.identity), /^[0-9a-f-]{36}$/);
    const run = (await calls()).find((call) => call.startsWith('run ')) ?? '';
    assert.ok(run.includes(` --publish=127.0.0.1:${inputs.port}:5000 `) && run.includes(' --read-only '), run);
  });

  it('keeps its images when only its container is gone', async () => {
    await docker({ identity: 'i' });
    const state = { ...inputs, identity: 'i' };
    assert.equal((await provider.diff!('p-registry', state, inputs)).changes, true);
    assert.equal((await provider.update!('p-registry', state, inputs)).outs?.identity, 'i');
    await docker({ container: 'id', identity: 'i' });
    assert.equal((await provider.diff!('p-registry', state, inputs)).changes, false);
    await docker({ container: 'id', identity: 'j' });
    assert.equal((await provider.diff!('p-registry', state, inputs)).changes, true);
  });

  it("joins Minikube's network at an address that no node gets", async () => {
    await docker({ network: '192.168.49.1 p p-registry' });
    await provider.create!(inputs);
    assert.deepEqual(
      (await calls()).filter((call) => call.startsWith('network')),
      [],
    );
    await docker({ network: '192.168.49.1 p' });
    await provider.create!(inputs);
    assert.ok((await calls()).includes('network connect --ip=192.168.49.250 p p-registry'));
  });

  it("does not take over or remove another user's container", async () => {
    await docker({ fails: 'run' });
    await assert.rejects(provider.create!(inputs), /docker run .* failed: Conflict/);
    await removeRegistry('p');
    assert.deepEqual(
      (await calls()).filter((call) => !call.startsWith('volume create')),
      [],
    );
    await docker({ container: 'id', identity: 'i' });
    await removeRegistry('p');
    assert.deepEqual(await calls(), ['rm --force id', 'volume rm --force p-registry']);
  });
});
