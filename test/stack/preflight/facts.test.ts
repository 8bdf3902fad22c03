import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseContainer, readDocker } from '../../../stack/cluster/docker';
import { minikubeHome, ownsContainer, readProfiles } from '../../../stack/cluster/minikubeHome';
import { isAtLeast } from '../../../stack/preflight/check';
import { portHolder, readFacts, readHost } from '../../../stack/preflight/facts';
import { type FakePrograms, fakePrograms } from '../../tools/cli/support/fakePrograms';
import { configuration } from './goodMachine';

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
      state: 'unavailable',
      endpoint: 'unix:///sock',
      reason: 'Cannot connect to the Docker daemon',
    });
    const elsewhere = await readDocker({ DOCKER_HOST: 'tcp://far:1' });
    assert.equal(elsewhere.state === 'unavailable' && elsewhere.endpoint, 'tcp://far:1');
  });

  it('take an engine that answers in part for none, and say why', async () => {
    const reasonOf = async (script: string): Promise<unknown> => {
      await programs.add('docker', `case "$1" in info) ${script};; ps|volume|version|context) ;; esac`);
      const docker = await readDocker({});
      return docker.state === 'unavailable' ? docker.reason : docker.state;
    };
    const zeros = { ServerVersion: '', NCPU: 0, MemTotal: 0 };
    // Docker's CLI 20.10 with the daemon down, with either exit code
    const down = JSON.stringify({ ...zeros, ServerErrors: ['Cannot connect to the Docker daemon'] });
    assert.equal(await reasonOf(`echo '${down}'`), 'Cannot connect to the Docker daemon');
    assert.equal(await reasonOf(`echo '${down}'; exit 1`), 'Cannot connect to the Docker daemon');
    assert.match(String(await reasonOf(`echo '${JSON.stringify(zeros)}'`)), /does not tell the engine's version, CPUs/);
    assert.match(String(await reasonOf('echo no JSON')), /does not tell/);
    assert.equal(await reasonOf('exit 3'), 'exit code 3');
    assert.equal(await reasonOf('echo "WARNING: old\nno socket" >&2; exit 1'), 'no socket');
    assert.equal(await reasonOf(`echo '{"host":{"cpus":4},"store":{},"version":{"Version":"5.0.0"}}'`), 'podman');
    const podman = `{"Client":{},"Server":{"Components":[{"Name":"Podman Engine"}]}}`;
    await programs.add('docker', `case "$1" in version) echo '${podman}';; *) echo '${down}';; esac`);
    assert.deepEqual(await readDocker({}), { state: 'podman' });
    await programs.add('docker', 'case "$1" in ps) echo no >&2; exit 1;; info) echo "{}";; esac');
    assert.deepEqual(await readDocker({ DOCKER_HOST: '' }), { state: 'unavailable', endpoint: '', reason: 'no' });
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
      SecurityOptions: ['name=seccomp,profile=default', 'name=rootless'],
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
      rootless: true,
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
    assert.equal(await portHolder(port), "another user's program"); // neither lsof nor ss can tell
    await programs.add('ss', `echo 'LISTEN 0 511 127.0.0.1:${port} 0.0.0.0:* users:(("nginx",pid=12,fd=18))'`);
    assert.equal(await portHolder(port), 'nginx (process 12)');
    await programs.add('lsof', 'printf "p34\\ncmongod\\nf9\\n"');
    assert.equal(await portHolder(port), 'mongod (process 34)');
    server.close();
    await once(server, 'close');
    assert.equal(await portHolder(port), undefined);
  });

  it('look for the holder of a port only where no container publishes it', async () => {
    const servers = [createServer(), createServer()].map((server) => server.listen(0, '127.0.0.1'));
    await Promise.all(servers.map((server) => once(server, 'listening')));
    const [nodePort, registryPort] = servers.map((server) => (server.address() as AddressInfo).port) as [
      number,
      number,
    ];
    const info = JSON.stringify({ ServerVersion: '28.0.0', NCPU: 3, MemTotal: 2 ** 31 });
    await programs.add(
      'docker',
      `case "$1" in info) echo '${info}';; ps) echo 'koa 127.0.0.1:${nodePort}->1/tcp';; esac`,
    );
    await programs.add('lsof', 'printf "p34\\ncmongod\\nf9\\n"');
    assert.ok(configuration.cluster.kind === 'minikube');
    const cluster = { ...configuration.cluster, nodePort, registryPort };
    const { holders } = await readFacts({ ...configuration, cluster });
    assert.deepEqual([...holders], [[registryPort, 'mongod (process 34)']]);
    for (const server of servers) server.close();
  });

  it("read Minikube's profiles amid its messages, and fail where there is no list", async () => {
    assert.deepEqual(await readProfiles(), []);
    const list = '{"invalid":[{"Name":"broken"}],"valid":[{"Name":"dev","Config":{"Name":"dev"}}]}';
    await programs.add('minikube', `echo '* {new} version'; printf '${list}'; echo '* To update {it}: …'`);
    assert.deepEqual(await readProfiles(), ['dev', 'broken']);
    await programs.add('minikube', 'echo "{\\"error\\":{}}"; echo "! permission denied" >&2; exit 80');
    await assert.rejects(readProfiles(), /^Error: ! permission denied$/);
  });

  it("know a cluster's container by its certificate authority", async () => {
    const home = await mkdtemp(join(tmpdir(), 'minikube-'));
    await mkdir(join(home, '.minikube'));
    await writeFile(join(home, '.minikube/ca.crt'), 'ours\n');
    const owns = (): Promise<boolean | undefined> => ownsContainer('koa', { MINIKUBE_HOME: home });
    assert.equal(await owns(), undefined);
    await programs.add(
      'docker',
      '[ "$*" = "cp koa:/var/lib/minikube/certs/ca.crt -" ] && printf "ca.crt\\0ours\\n\\0"',
    );
    assert.equal(await owns(), true);
    await programs.add('docker', 'printf "ca.crt\\0theirs\\n\\0"');
    assert.equal(await owns(), false);
    await rm(home, { recursive: true });
  });

  it("know Minikube's folder, as Minikube has it", () => {
    assert.equal(minikubeHome({ MINIKUBE_HOME: '/x' }), join('/x', '.minikube'));
    assert.equal(minikubeHome({ MINIKUBE_HOME: '/x/.minikube' }), '/x/.minikube');
    assert.equal(minikubeHome({ MINIKUBE_HOME: '' }), join(homedir(), '.minikube'));
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
