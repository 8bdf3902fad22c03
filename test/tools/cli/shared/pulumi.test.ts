import assert from 'node:assert/strict';
import { readPhases } from '../../../../tools/cli/shared/pulumi';

describe('readPhases(state, start)', () => {
  const start = Date.parse('2026-11-25T10:00:00Z');
  const resource = (type: string, name: string, modified: string) => ({ urn: `urn:${type}::${name}`, type, modified });
  it('has the slow resources of an update in their order, and no others', () => {
    const resources = [
      resource('kubernetes:apps/v1:Deployment', 'web', '2026-11-25T10:00:41.5Z'),
      resource('pulumi-nodejs:dynamic/minikube:Start', 'minikube', '2026-11-25T10:00:30Z'),
      resource('pulumi-nodejs:dynamic/minikube:Image', 'mongo', '2026-11-25T10:00:32Z'),
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
