import assert from 'node:assert/strict';
import { fit, type MinikubeStartState, needsStart, startArguments } from '../../../stack/cluster/minikubeStart';

const started: MinikubeStartState = {
  profile: 'p',
  identity: 'i',
  nodePort: 30500,
  containerRuntime: 'containerd',
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
const small = { cpus: 2, memory: 1900 };

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
      fit(started, large),
    );
    for (const wanted of [
      '--driver=docker',
      '--cpus=4',
      '--memory=4096',
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
      startArguments(started, fit(started, large)).filter((arg) => /kubernetes-version|extra-config/.test(arg)),
      [],
    );
  });
  it('lowers CPUs and memory to what Docker has', () => {
    const args = startArguments(started, fit(started, small));
    assert.ok(args.includes('--cpus=2') && args.includes('--memory=1900'), args.join(' '));
  });
});
