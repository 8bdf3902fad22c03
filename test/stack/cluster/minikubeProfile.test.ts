import assert from 'node:assert/strict';
import { replacements } from '../../../stack/cluster/minikubeProfile';

const profile = {
  profile: 'p',
  nodePort: 30500,
  containerRuntime: 'containerd',
  loseData: false,
  identity: 'i',
};

describe('replacements(olds, news, exists)', () => {
  it('are none for a cluster that is as it was', () => {
    assert.deepEqual(replacements(profile, profile, true), []);
  });
  it('are the identity of a deleted cluster, and each change of its ports', () => {
    assert.deepEqual(replacements(profile, profile, false), ['identity']);
    assert.deepEqual(replacements(profile, { ...profile, nodePort: 30501 }, true), ['nodePort']);
    const more = { ...profile, extraNodePorts: '30501' };
    assert.deepEqual(replacements(profile, more, true), ['extraNodePorts']);
    assert.deepEqual(replacements(more, more, true), []);
    const older = Object.assign({}, profile, { registryPort: 5500 });
    assert.deepEqual(replacements(older, profile, true), ['registryPort']); // its registry is inside the cluster
  });
  it('are none for a permission to lose data, or the sizes in an older state', () => {
    const olds = { ...profile, cpus: 4, memory: 4096 };
    assert.deepEqual(replacements(olds, { ...profile, loseData: true }, true), []);
  });
});
