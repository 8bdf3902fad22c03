import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { type MinikubeStartState, needsStart, nodeSize, startArguments } from '../../../stack/cluster/minikubeStart';
import { useFakePrograms } from '../../tools/cli/support/fakePrograms';

const started: MinikubeStartState = {
  profile: 'p',
  identity: 'i',
  nodePort: 30500,
  cpus: 4,
  memory: 4096,
  kubernetesVersion: '',
  extraConfig: [],
  images: [],
  uid: 'u',
  ownRegistry: true,
  kubeconfig: '',
};
const large = { cpus: 8, memory: 16000 };

describe('needsStart(olds, news, uid)', () => {
  it('is false for a cluster that is as it was', () => {
    assert.equal(needsStart(started, started, 'u'), false);
  });
  it('is true for a stopped cluster, and one with other data or settings', () => {
    assert.equal(needsStart(started, started, undefined), true);
    assert.equal(needsStart(started, started, 'v'), true);
    assert.equal(needsStart(started, { ...started, kubernetesVersion: 'v1.35.4' }, 'u'), true);
    assert.equal(needsStart(started, { ...started, extraConfig: ['kubelet.max-pods=200'] }, 'u'), true);
  });
});

describe('startArguments(inputs, size)', () => {
  it('asks for what is configured, with ports on 127.0.0.1 alone', () => {
    const args = startArguments(
      { ...started, kubernetesVersion: 'v1.35.4', extraConfig: ['kubelet.max-pods=200'] },
      large,
    );
    for (const wanted of [
      '--driver=docker',
      '--cpus=8',
      '--memory=16000',
      '--container-runtime=containerd',
      '--kubernetes-version=v1.35.4',
      '--insecure-registry=p-registry:5000',
      '--extra-config=kubelet.max-pods=200',
    ])
      assert.ok(args.includes(wanted), wanted);
    assert.deepEqual(
      args.filter((arg) => arg.startsWith('--ports')),
      ['--ports=127.0.0.1:30500:30500'],
    );
    assert.deepEqual(
      startArguments({ ...started, extraNodePorts: '30501,30502' }, large).filter((arg) => arg.startsWith('--ports')),
      ['--ports=127.0.0.1:30500:30500', '--ports=127.0.0.1:30501:30501', '--ports=127.0.0.1:30502:30502'],
    );
    assert.ok(!startArguments({ ...started, ownRegistry: false }, large).some((arg) => arg.includes('registry')));
  });
  it('leaves the version to Minikube unless one is wanted', () => {
    assert.deepEqual(
      startArguments(started, large).filter((arg) => /kubernetes-version|extra-config/.test(arg)),
      [],
    );
  });
});

describe('nodeSize(wanted)', () => {
  const programs = useFakePrograms();
  afterEach(() => mock.restoreAll());

  it('is no more than Docker has, and says so', async () => {
    await programs().add('docker', `[ "$*" = 'info --format={{.NCPU}} {{.MemTotal}}' ] && echo '4 ${1900 * 2 ** 20}'`);
    const log = mock.method(console, 'log', () => undefined);
    assert.deepEqual(await nodeSize({ cpus: 4, memory: 1900 }), { cpus: 4, memory: 1900 });
    assert.equal(log.mock.callCount(), 0);
    assert.deepEqual(await nodeSize(started), { cpus: 4, memory: 1900 });
    assert.match(
      String(log.mock.calls[0]?.arguments),
      /node gets 4 CPUs and 1900 MiB, not the 4 CPUs and 4096 MiB configured/,
    );
  });
});
