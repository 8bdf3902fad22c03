import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { parseContainer, readDocker } from '../../../stack/preflight/facts/docker';
import { readHost } from '../../../stack/preflight/facts/host';
import { readHolder } from '../../../stack/preflight/facts/ports';
import { isAtLeast } from '../../../stack/preflight/version';
import { type FakePrograms, fakePrograms } from '../../tools/cli/support/fakePrograms';

describe("preflight's facts", () => {
  const { PATH } = process.env;
  let programs: FakePrograms;
  beforeEach(async () => {
    programs = await fakePrograms();
    process.env.PATH = programs.folder;
  });
  afterEach(async () => {
    process.env.PATH = PATH;
    await programs.remove();
  });

  it('tell a Docker that is missing from one that does not answer', async () => {
    assert.deepEqual(await readDocker({}), { state: 'missing' });
    await programs.add(
      'docker',
      'case "$1" in context) echo unix:///sock;; *) echo "Cannot connect to the Docker daemon" >&2; exit 1;; esac',
    );
    assert.deepEqual(await readDocker({}), {
      state: 'away',
      endpoint: 'unix:///sock',
      reason: 'Cannot connect to the Docker daemon',
    });
    const elsewhere = await readDocker({ DOCKER_HOST: 'tcp://far:1' });
    assert.equal(elsewhere.state === 'away' && elsewhere.endpoint, 'tcp://far:1');
  });

  it('read a running Docker', async () => {
    const info = JSON.stringify({
      ServerVersion: '28.0.0',
      NCPU: 3,
      MemTotal: 2 ** 31,
      CgroupVersion: '2',
      DockerRootDir: '/d',
      Name: 'vm',
      Driver: 'overlay2',
      SystemTime: new Date(Date.now() + 3_600_000).toISOString(),
    });
    await programs.add(
      'docker',
      `case "$1" in
      info) echo '${info}';; context) echo unix:///sock;; ps) echo 'web 127.0.0.1:80->80/tcp';; volume) echo data;; esac`,
    );
    const docker = await readDocker({});
    assert.ok(docker.state === 'running');
    const { clockLead, ...others } = docker;
    assert.ok(Math.abs(clockLead - 3600) < 60, `an hour ahead, not ${clockLead} s`);
    assert.deepEqual(others, {
      state: 'running',
      endpoint: 'unix:///sock',
      version: '28.0.0',
      cpus: 3,
      memory: 2048,
      cgroupVersion: '2',
      folder: '/d',
      machine: 'vm',
      storageDriver: 'overlay2',
      containers: [{ name: 'web', ports: [80] }],
      volumes: ['data'],
    });
  });

  it('read the ports that a container publishes', () => {
    const line = 'koa 127.0.0.1:30500->30500/tcp, :::30500->30500/tcp, 0.0.0.0:5500-5502->5000-5002/tcp, 22/tcp';
    assert.deepEqual(parseContainer(line), { name: 'koa', ports: [30500, 5500, 5501, 5502] });
    assert.deepEqual(parseContainer('stopped'), { name: 'stopped', ports: [] });
  });

  it('tell who holds a port, and that a free one is held by nobody', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    assert.equal(await readHolder(port), 'a program that this user can not see'); // neither lsof nor ss can tell
    await programs.add('ss', `echo 'LISTEN 0 511 127.0.0.1:${port} 0.0.0.0:* users:(("nginx",pid=12,fd=18))'`);
    assert.equal(await readHolder(port), 'nginx (process 12)');
    await programs.add('lsof', 'printf "p34\\ncmongod\\nf9\\n"');
    assert.equal(await readHolder(port), 'mongod (process 34)');
    server.close();
    await once(server, 'close');
    assert.equal(await readHolder(port), undefined);
  });

  it('know a private CA, and a disk that can be looked at', async () => {
    const host = await readHost('/no/such/folder', { NODE_EXTRA_CA_CERTS: '/no/such/ca.pem' });
    assert.deepEqual(host.certificate, { path: '/no/such/ca.pem', exists: false, knownToMinikube: false });
    assert.ok(host.free > 0);
  });

  it('compare versions by number', () => {
    assert.ok(isAtLeast('1.100.0', '1.34.0') && isAtLeast('v20.19', '20.19') && isAtLeast('2.0.0', '1.99.99'));
    assert.ok(!isAtLeast('1.9.0', '1.34.0') && !isAtLeast('', '0.0.1'));
  });
});
