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

  /** A Docker that has this container, volume and network, and notes what else it is told to do. */
  async function docker(has: { container?: string; identity?: string; network?: string }): Promise<void> {
    const { container = '', identity = '', network = '' } = has;
    const script = `#!/bin/sh
      case "$1 $2" in
        'ps '*) echo '${container}' ;;
        'volume ls') echo '${identity}' ;;
        'network ls') echo '${network && 'id'}' ;;
        'network inspect') echo '${network}' ;;
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
    await docker({ container: 'running p', identity: 'i' });
    assert.equal((await provider.diff!('p-registry', state, inputs)).changes, false);
    await docker({ container: 'running p', identity: 'j' });
    assert.equal((await provider.diff!('p-registry', state, inputs)).changes, true);
  });

  it("joins Minikube's network at an address that no node gets", async () => {
    const Containers = { a: { Name: 'p' } };
    await docker({ network: JSON.stringify([{ Containers, IPAM: { Config: [{ Gateway: '192.168.49.1' }] } }]) });
    await provider.create!(inputs);
    assert.ok((await calls()).includes('network connect --ip=192.168.49.250 p p-registry'));
  });

  it("takes over and removes no container of another's", async () => {
    await docker({ container: 'running' });
    await assert.rejects(provider.create!(inputs), /has a container 'p-registry', and this stack did not make it/);
    await removeRegistry('p');
    assert.deepEqual(await calls(), []);
    await docker({ container: 'exited p', identity: 'i' });
    await removeRegistry('p');
    assert.deepEqual(await calls(), ['rm --force p-registry', 'volume rm --force p-registry']);
  });
});
