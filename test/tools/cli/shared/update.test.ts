import assert from 'node:assert/strict';
import { readPhases } from '../../../../tools/cli/shared/phases';
import { unrecordedObjects } from '../../../../tools/cli/shared/update';

describe('readPhases(state, start)', () => {
  const start = Date.parse('2026-11-25T10:00:00Z');
  const resource = (type: string, name: string, modified: string) => ({ urn: `urn:${type}::${name}`, type, modified });
  it('tells what the update made and waited for, in its order, and no more', () => {
    const resources = [
      resource('kubernetes:apps/v1:Deployment', 'web', '2026-11-25T10:00:41.5Z'),
      resource('pulumi-nodejs:dynamic/minikube:Start', 'minikube', '2026-11-25T10:00:30Z'),
      resource('kubernetes:core/v1:Secret', 'web', '2026-11-25T10:00:31Z'),
      resource('docker:index/image:Image', 'web', '2026-11-25T09:00:00Z'), // of an earlier update
      { urn: 'urn::web', type: 'kubernetes:apps/v1:StatefulSet' }, // by a Pulumi that does not tell
    ];
    assert.deepEqual(readPhases({ deployment: { resources } }, start), [
      { name: 'Minikube', seconds: 30 },
      { name: 'web', seconds: 41.5 },
    ]);
  });
});

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
  it('are none with a name of ours, which is adopted, none that is recorded, and none that was changed or deleted', () => {
    assert.deepEqual(unrecordedOf('creating', object('web')), []);
    assert.deepEqual(unrecordedOf('creating', object('web-2', own)), []);
    assert.deepEqual(unrecordedOf('updating', object('web-1', own)), []);
    assert.deepEqual(unrecordedObjects(undefined, { deployment: {} }), []);
  });
});
