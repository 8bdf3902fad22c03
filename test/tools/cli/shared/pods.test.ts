import assert from 'node:assert/strict';
import { describeFailedProbes, describeUnscheduled } from '../../../../tools/cli/shared/pods';

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
  it('tells of a volume that is not there yet', () => {
    const message = '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.';
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }];
    assert.deepEqual(describeUnscheduled([{ metadata: { name: 'mongo-0' }, status: { conditions } }]), [
      `Pod mongo-0 has no volume: ${message}`,
    ]);
  });
});

describe('describeFailedProbes(pods, events)', () => {
  const pod = (name: string, ready: boolean, state: object = { running: {} }) => ({
    metadata: { name },
    status: { containerStatuses: [{ name: 'web', ready, state, restartCount: 0, image: '', imageID: '' }] },
  });
  const event = (name: string, message: string, reason = 'Unhealthy') => ({
    metadata: {},
    involvedObject: { name },
    reason,
    message,
  });

  it('tells what the last probe met of a pod that runs and is not ready, and nothing of others', () => {
    const refused = 'Startup probe failed: dial tcp 10.244.0.5:5000: connect: connection refused';
    assert.deepEqual(
      describeFailedProbes(
        [pod('web-1', false), pod('web-2', true), pod('web-3', false, { waiting: {} }), pod('web-4', false)],
        [
          event('web-1', 'an earlier one'),
          event('web-1', refused),
          event('web-1', 'Created container', 'Created'),
          event('web-2', refused),
          event('web-3', refused),
        ],
      ),
      [`Pod web-1 runs, and is not ready. ${refused} (docs/your-service.md)`],
    );
  });
});
