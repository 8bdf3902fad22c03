import assert from 'node:assert/strict';
import { parseEvent } from '../../stack/cluster/minikube';
import { replacements } from '../../stack/cluster/minikubeProfile';
import { fit, lowered, type MinikubeStartState, needsStart, startArguments } from '../../stack/cluster/minikubeStart';
import { oplogSize } from '../../stack/workloads/mongoGuards';
import { cacheGigabytes } from '../../stack/workloads/mongoMember';
import { imageName } from '../../stack/workloads/serviceImage';

const profile = {
  profile: 'p',
  nodePort: 30500,
  containerRuntime: 'containerd',
  loseData: false,
  identity: 'i',
};
const started: MinikubeStartState = {
  ...profile,
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

describe('the Minikube decisions', () => {
  it('keeps a cluster that is as it was', () => {
    assert.deepEqual(replacements(profile, profile, true), []);
    assert.equal(needsStart(started, started, { uid: 'u' }), false);
  });
  it('makes a deleted cluster, and one with other ports, again', () => {
    assert.deepEqual(replacements(profile, profile, false), ['identity']);
    assert.deepEqual(replacements(profile, { ...profile, nodePort: 30501 }, true), ['nodePort']);
    const more = { ...profile, extraNodePorts: '30501' };
    assert.deepEqual(replacements(profile, more, true), ['extraNodePorts']);
    assert.deepEqual(replacements(more, more, true), []);
    const older = Object.assign({}, profile, { registryPort: 5500 });
    assert.deepEqual(replacements(older, profile, true), ['registryPort']); // its registry is inside the cluster
  });
  it('starts a stopped cluster, and one whose data or settings are others', () => {
    const live = { uid: 'u' };
    assert.equal(needsStart(started, started, undefined), true);
    assert.equal(needsStart(started, started, { uid: 'v' }), true);
    assert.equal(needsStart(started, { ...started, kubernetesVersion: 'v1.35.4' }, live), true);
    assert.equal(needsStart(started, { ...started, extraConfig: ['kubelet.max-pods=200'] }, live), true);
  });
  it('sizes the cache from the memory limit', () => {
    assert.equal(cacheGigabytes(500), 0.25);
    assert.equal(cacheGigabytes(3072), 1);
  });
});

describe('oplogSize(storage)', () => {
  it('is a fifth of the volume, and never more than MongoDB itself would take', () => {
    assert.equal(oplogSize('1Gi'), 204);
    assert.equal(oplogSize('500Mi'), 100);
    assert.equal(oplogSize('1Ti'), 51_200);
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

describe('lowered(wanted, capacity)', () => {
  it('says nothing of an engine that is large enough, even just', () => {
    assert.deepEqual(lowered(started, { cpus: 4, memory: 4096 }), []);
  });
  it('says what the cluster gets in place of what is configured', () => {
    const [cpus, memory, ...others] = lowered(started, small);
    assert.match(cpus!, /has 2 CPUs.*not the 4/);
    assert.match(memory!, /has 1900 MiB.*not the 4096/);
    assert.deepEqual(others, []);
  });
});

describe('parseEvent(line)', () => {
  const event = (type: string, data: object): string => JSON.stringify({ type: `io.k8s.sigs.minikube.${type}`, data });
  it('reads a step', () => {
    assert.deepEqual(parseEvent(event('step', { message: 'Pulling base image ...\n' })), {
      kind: 'step',
      text: 'Pulling base image ...',
    });
  });
  it('reads an error with its advice, if it has one', () => {
    assert.deepEqual(parseEvent(event('error', { message: 'No disk', advice: 'Make room' })), {
      kind: 'error',
      text: 'No disk\nMake room',
    });
    assert.deepEqual(parseEvent(event('error', { message: 'No disk' })), { kind: 'error', text: 'No disk' });
  });
  it('lets any other line pass, JSON or not', () => {
    assert.equal(parseEvent(event('download.progress', { progress: '1' })).kind, 'other');
    for (const line of ['', 'warning: x', '{}', 'null'])
      assert.deepEqual(parseEvent(line), { kind: 'other', text: line });
  });
});

describe('imageName(parts)', () => {
  it('is a name that registries take, and another for another stack', () => {
    assert.equal(imageName('my-shop', 'dev', 'web'), 'my-shop-dev-web');
    assert.equal(imageName('My.Shop', 'dev_', 'web'), 'my-shop-dev-web');
    assert.equal(imageName('_a', 'b', 'web'), 'a-b-web');
  });
});
