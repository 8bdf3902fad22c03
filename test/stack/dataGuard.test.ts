import assert from 'node:assert/strict';
import { causes, isGuarded } from '../../stack/dataGuard';

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
  it('is true of a password, unless a rotation made it, and not of what can be made again', () => {
    const password = 'random:index/randomPassword:RandomPassword';
    assert.equal(isGuarded({ type: password, outputs: {} }), true);
    assert.equal(isGuarded({ type: password, outputs: { keepers: { generation: '2' } } }), false);
    assert.equal(isGuarded({ type: 'kubernetes:core/v1:Service', outputs: {} }), false);
  });
});
