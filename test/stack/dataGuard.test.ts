import assert from 'node:assert/strict';
import { causes } from '../../stack/dataGuard';

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
