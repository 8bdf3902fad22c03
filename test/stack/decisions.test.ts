import assert from 'node:assert/strict';
import { needsStart, type MinikubeStartState } from '../../stack/cluster/minikubeStart';
import { replacements } from '../../stack/cluster/minikubeProfile';
import { cacheGigabytes } from '../../stack/workloads/mongoDatabase';

const profile = { profile: 'p', cpus: 4, memory: 4096, nodePort: 30500, registryPort: 5500, containerRuntime: 'containerd', identity: 'i' };
const started: MinikubeStartState = { ...profile, kubernetesVersion: '', extraConfig: [], uid: 'u', registryId: 'r', kubeconfig: '' };

describe('the Minikube decisions', () => {
  it('keeps a cluster that is as it was', () => {
    assert.deepEqual(replacements(profile, profile, true), []);
    assert.equal(needsStart(started, started, { uid: 'u', registryId: 'r' }), false);
  });
  it('makes a deleted or resized cluster anew', () => {
    assert.deepEqual(replacements(profile, profile, false), ['identity']);
    assert.deepEqual(replacements(profile, { ...profile, cpus: 2 }, true), ['cpus']);
  });
  it('starts a stopped cluster, and one whose registry is another', () => {
    assert.equal(needsStart(started, started, undefined), true);
    assert.equal(needsStart(started, started, { uid: 'u', registryId: 's' }), true);
  });
  it('sizes the cache from the memory limit', () => {
    assert.equal(cacheGigabytes(500), 0.25);
    assert.equal(cacheGigabytes(3072), 1);
  });
});
