import assert from 'node:assert/strict';
import { parseContainer, readDocker } from '../../../stack/preflight/docker';
import { useFakePrograms } from '../../tools/cli/support/fakePrograms';

describe('readDocker()', () => {
  const programs = useFakePrograms();

  it('distinguishes a missing Docker from one that does not answer', async () => {
    assert.deepEqual(await readDocker(), { state: 'missing' });
    await programs().add('docker', 'echo "Cannot connect to the Docker daemon" >&2; exit 1');
    assert.deepEqual(await readDocker(), { state: 'unavailable', reason: 'Cannot connect to the Docker daemon' });
  });

  it('takes an engine that answers in part for none, and says why', async () => {
    const reasonOf = async (script: string): Promise<unknown> => {
      await programs().add('docker', `case "$1" in info) ${script};; ps|volume|version) ;; esac`);
      const docker = await readDocker();
      return docker.state === 'unavailable' ? docker.reason : docker.state;
    };
    const zeros = { ServerVersion: '', NCPU: 0, MemTotal: 0 };
    // Docker's CLI 20.10 with the daemon down, with either exit code
    const down = JSON.stringify({ ...zeros, ServerErrors: ['Cannot connect to the Docker daemon'] });
    assert.equal(await reasonOf(`echo '${down}'`), 'Cannot connect to the Docker daemon');
    assert.equal(await reasonOf(`echo '${down}'; exit 1`), 'Cannot connect to the Docker daemon');
    assert.match(String(await reasonOf(`echo '${JSON.stringify(zeros)}'`)), /has no version, CPUs and memory/);
    assert.match(String(await reasonOf('echo no JSON')), /has no version/);
    assert.equal(await reasonOf('exit 3'), 'exit code 3');
    assert.equal(await reasonOf('echo "WARNING: old\nno socket" >&2; exit 1'), 'no socket');
    assert.equal(await reasonOf(`echo '{"host":{"cpus":4},"store":{},"version":{"Version":"5.0.0"}}'`), 'podman');
    const podman = `{"Client":{},"Server":{"Components":[{"Name":"Podman Engine"}]}}`;
    await programs().add('docker', `case "$1" in version) echo '${podman}';; *) echo '${down}';; esac`);
    assert.deepEqual(await readDocker(), { state: 'podman' });
    await programs().add('docker', 'case "$1" in ps) echo no >&2; exit 1;; info) echo "{}";; esac');
    assert.deepEqual(await readDocker(), { state: 'unavailable', reason: 'no' });
  });

  it('reads a running Docker', async () => {
    const info = JSON.stringify({
      ServerVersion: '28.0.0',
      NCPU: 3,
      MemTotal: 2 ** 31,
      CgroupVersion: '2',
      DockerRootDir: '/d',
      Name: 'vm',
      SecurityOptions: ['name=seccomp,profile=default', 'name=rootless'],
      SystemTime: new Date(Date.now() + 3_600_000).toISOString(),
    });
    await programs().add(
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
      containers: [{ name: 'web', ports: [80] }],
      volumes: ['data'],
    });
    const elsewhere = await readDocker({ DOCKER_HOST: 'tcp://far:1' });
    assert.equal(elsewhere.state === 'running' && elsewhere.endpoint, 'tcp://far:1');
  });

  it('reads the ports that a container publishes', () => {
    const line = 'koa 127.0.0.1:30500->30500/tcp, :::30500->30500/tcp, 0.0.0.0:5500-5502->5000-5002/tcp, 22/tcp';
    assert.deepEqual(parseContainer(line), { name: 'koa', ports: [30500, 5500, 5501, 5502] });
    assert.deepEqual(parseContainer('stopped'), { name: 'stopped', ports: [] });
  });
});
