import assert from 'node:assert/strict';
import { causes, isGuarded, isRotation } from '../../stack/dataGuard';

describe('causes(olds, news)', () => {
  it('names the keys of the configuration, of a namespace and of what is in one', () => {
    assert.equal(
      causes({ metadata: { name: 'a' } }, { metadata: { name: 'b' } }),
      ", as namespace changes from 'a' to 'b'",
    );
    const old = { metadata: { name: 'mongo-1', namespace: 'a' }, spec: { storageClassName: 'slow' } };
    assert.equal(
      causes(old, { metadata: { name: 'mongo-2', namespace: 'a' }, spec: { storageClassName: 'fast' } }),
      ", as storageClass changes from 'slow' to 'fast'",
    );
    assert.equal(causes(old, { metadata: { namespace: 'a' }, spec: {} }), '');
  });
});

describe('isGuarded(state)', () => {
  const type = 'kubernetes:core/v1:PersistentVolumeClaim';

  it("is true of a volume's claim, unless another one holds the same", () => {
    assert.equal(isGuarded({ type, outputs: { metadata: { name: 'mongo-1' } } }), true);
    assert.equal(isGuarded({ type, outputs: { metadata: { labels: { 'webstack/copy': 'true' } } } }), false);
  });
  it('is true of a password, and not of what can be made again', () => {
    assert.equal(isGuarded({ type: 'random:index/randomPassword:RandomPassword', outputs: {} }), true);
    assert.equal(isGuarded({ type: 'kubernetes:core/v1:Service', outputs: {} }), false);
  });
});

describe('isRotation(state, news)', () => {
  const type = 'random:index/randomPassword:RandomPassword';
  const keepers = { generation: '2' };

  it('is true of a password of another generation, and of no other change', () => {
    assert.equal(isRotation({ type, outputs: { result: 'a' } }, { keepers }), true);
    assert.equal(isRotation({ type, outputs: { keepers } }, { keepers: { generation: '3' } }), true);
    assert.equal(isRotation({ type, outputs: { keepers } }, { keepers }), false);
    assert.equal(isRotation({ type, outputs: { result: 'a' } }, {}), false);
  });
});
