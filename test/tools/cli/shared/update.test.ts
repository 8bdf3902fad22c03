import assert from 'node:assert/strict';
import { unrecordedObjects } from '../../../../tools/cli/shared/update';

describe('unrecordedObjects(before, after)', () => {
  const object = (name: string, annotations?: Record<string, string>) => ({
    urn: `urn::${name}`,
    inputs: { kind: 'Secret', metadata: { name, namespace: 'app', annotations } },
  });
  const own = { 'pulumi.com/autonamed': 'true' };
  const unrecordedOf = (type: string, resource: ReturnType<typeof object>, id = 'app/web-2') =>
    unrecordedObjects(
      { deployment: { pending_operations: [{ type, resource }] } },
      { deployment: { resources: [{ urn: 'urn::web', type: 'kubernetes:core/v1:Secret', id }] } },
    );

  it("are those that a killed run was creating with a name of Pulumi's own", () => {
    assert.deepEqual(unrecordedOf('creating', object('web-1', own)), [['Secret/web-1', '--namespace=app']]);
  });
  it('exclude objects with a fixed name, recorded ones, and pending changes and deletions', () => {
    assert.deepEqual(unrecordedOf('creating', object('web')), []);
    assert.deepEqual(unrecordedOf('creating', object('web-2', own)), []);
    assert.deepEqual(unrecordedOf('updating', object('web-1', own)), []);
    assert.deepEqual(unrecordedObjects(undefined, { deployment: {} }), []);
  });
});
