import assert from 'node:assert/strict';
import type { V1ContainerState, V1PodStatus } from '@kubernetes/client-node';
import { describeScaler, podReason, podState, scalerFigures } from '../../../../tools/cli/shared/workloadState';

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

describe('describeScaler(autoscaler)', () => {
  const of = (currentReplicas: number | undefined, desiredReplicas: number) => ({
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'web' },
      minReplicas: 2,
      maxReplicas: 5,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
      ],
    },
    status: { desiredReplicas, ...(currentReplicas !== undefined && { currentReplicas }) },
  });

  it('has no number of pods before the first metrics: its status has 0 of them until then', () => {
    for (const scaler of [of(undefined, 0), of(2, 0)]) {
      assert.equal(describeScaler(scaler), 'no metrics yet (2 to 5 pods), target 70 % of requested CPU');
      assert.equal(scalerFigures(scaler).wanted, undefined);
    }
    assert.equal(describeScaler(of(2, 2)), '2 pods, 2 wanted (2 to 5); no metrics yet, target 70 %');
  });
});
