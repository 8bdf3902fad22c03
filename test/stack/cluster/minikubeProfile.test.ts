import assert from 'node:assert/strict';
import { explainMove } from '../../../stack/cluster/minikubeLocation';
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

describe('explainMove(profile, recorded, current)', () => {
  const current = { home: '/b/.minikube', engine: 'E', endpoint: 'unix:///b' };
  it('is undefined where the cluster was made, and for a state that does not say', () => {
    assert.equal(explainMove('p', current, current), undefined);
    assert.equal(explainMove('p', { ...current, endpoint: 'unix:///b-moved' }, current), undefined);
    assert.equal(explainMove('p', {}, current), undefined);
  });
  it('says what to go back to', () => {
    assert.match(
      explainMove('p', { ...current, home: '/a/.minikube' }, current) ?? '',
      /MINIKUBE_HOME is \/b\/.minikube, and was \/a\/.minikube/,
    );
    assert.match(
      explainMove('p', { ...current, engine: 'D', endpoint: 'unix:///a' }, current) ?? '',
      /engine is at unix:\/\/\/b, and was at unix:\/\/\/a/,
    );
  });
});
