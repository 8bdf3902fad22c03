import assert from 'node:assert/strict';
import { withoutPending } from '../../../../tools/cli/shared/forgetPending';

describe('withoutPending(state)', () => {
  it('keeps all but what was under way, and names that', () => {
    const urn = 'urn:pulumi:dev::koa-mongo::koa-mongo:workloads:WebService$kubernetes:core/v1:Secret::web';
    const state = { resources: ['kept'], pending_operations: [{ resource: { urn }, type: 'creating' }] };
    assert.deepEqual(withoutPending(state), {
      names: ['kubernetes:core/v1:Secret web'],
      state: { resources: ['kept'] },
    });
  });

  it('finds nothing in the state of a run that came to its end', () => {
    assert.deepEqual(withoutPending({}).names, []);
  });
});
