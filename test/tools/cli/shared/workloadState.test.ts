import assert from 'node:assert/strict';
import type { V1ContainerState, V1PodStatus } from '@kubernetes/client-node';
import { podReason, podState } from '../../../../tools/cli/shared/workloadState';

describe('podState(pod)', () => {
  const describePod = (status: V1PodStatus): string[] => {
    const pod = { spec: { nodeName: 'node', containers: [] }, status };
    return [podState(pod), podReason(pod)];
  };
  const container = (state: V1ContainerState) => [
    { name: 'web', ready: false, started: false, state, restartCount: 0, image: '', imageID: '' },
  ];

  it('is failing for a pod that was evicted, or refused by its node: it has no containers', () => {
    for (const reason of ['Evicted', 'OutOfcpu'])
      assert.deepEqual(describePod({ phase: 'Failed', reason }), ['failing', reason]);
  });

  it('is failing for a container that has ended or can not start, and starting for one that is made', () => {
    const terminated = { reason: 'OOMKilled', exitCode: 137 };
    assert.deepEqual(describePod({ containerStatuses: container({ terminated }) }), [
      'failing',
      'OOMKilled (exit code 137)',
    ]);
    const waiting = { reason: 'ImagePullBackOff' };
    assert.deepEqual(describePod({ containerStatuses: container({ waiting }) }), ['failing', 'ImagePullBackOff']);
    assert.deepEqual(describePod({ containerStatuses: container({ waiting: { reason: 'ContainerCreating' } }) }), [
      'starting',
      '',
    ]);
  });
});
