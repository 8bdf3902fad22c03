import assert from 'node:assert/strict';
import { describeUnscheduled } from '../../../../tools/cli/shared/kubernetes';

describe('describeUnscheduled(pods)', () => {
  it('tells why no node takes a pod, and nothing of others', () => {
    const message = '0/1 nodes are available: 1 Insufficient cpu.';
    assert.deepEqual(
      describeUnscheduled([
        {
          metadata: { name: 'web-1' },
          status: { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] },
        },
        {
          metadata: { name: 'web-2' },
          status: {
            conditions: [
              { type: 'PodScheduled', status: 'True' },
              { type: 'Ready', status: 'False', reason: 'ContainersNotReady' },
            ],
          },
        },
        { metadata: { name: 'web-3' }, status: {} },
      ]),
      [`Pod web-1 has no node that can take it: ${message}`],
    );
  });
});
