import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { V1ContainerState, V1Pod, V1PodStatus } from '@kubernetes/client-node';
import {
  describeRunningCode,
  describeScaler,
  describeStuckPods,
  podReason,
  podState,
  readRunningCode,
  scalerFigures,
} from '../../../../tools/cli/shared/pods';

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

describe('describeStuckPods(pods, events)', () => {
  it("has the reason why a pod can't be scheduled, and no other pods", () => {
    const message = '0/1 nodes are available: 1 Insufficient cpu.';
    assert.deepEqual(
      describeStuckPods(
        [
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
        ],
        [],
      ),
      [`Pod web-1 has no suitable node: ${message} Lower maxReplicas, or raise cpus or memory.`],
    );
  });
  it('has pods without a volume', () => {
    const message = '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.';
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }];
    assert.deepEqual(describeStuckPods([{ metadata: { name: 'mongo-0' }, status: { conditions } }], []), [
      `Pod mongo-0 has no volume: ${message}`,
    ]);
  });
});

describe('describeStuckPods(pods, events) of running pods', () => {
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

  it('has the last failed probe of a running, unready pod, and no other pods', () => {
    const refused = 'Startup probe failed: dial tcp 10.244.0.5:5000: connect: connection refused';
    assert.deepEqual(
      describeStuckPods(
        [pod('web-1', false), pod('web-2', true), pod('web-3', false, { waiting: {} }), pod('web-4', false)],
        [
          event('web-1', 'an earlier one'),
          event('web-1', refused),
          event('web-1', 'Created container', 'Created'),
          event('web-2', refused),
          event('web-3', refused),
        ],
      ),
      [`Pod web-1 runs, but is not ready. ${refused} (docs/your-service.md)`],
    );
  });
});

const podWith = (name: string, volume?: string): V1Pod => ({
  metadata: { name },
  spec: { containers: [{ name: 'web' }], ...(volume !== undefined && { volumes: [{ name: volume }] }) },
});
const pods = [
  podWith('web-1', 'dev-launcher'),
  podWith('web-2', 'dev-launcher'),
  podWith('mongo-0', 'data'),
  podWith('other'),
];

describe('what pods run', () => {
  it('is read from the pods in dev mode only, with Node, the only program of their image', async () => {
    const asked: string[][] = [];
    const exec = async (
      ...[name, container, [program, ...args]]: [string, string, readonly string[]]
    ): Promise<string> => {
      asked.push([name, container, String(program)]);
      const inPod = args.map((text) => text.replaceAll('/dev-code', folder));
      return (await promisify(execFile)(process.execPath, inPod)).stdout;
    };
    const folder = await mkdtemp(join(tmpdir(), 'dev-code-'));
    await writeFile(join(folder, 'state.json'), '{"code":"0123456789ab"}');
    const codes = await readRunningCode({ exec }, pods);
    assert.deepEqual(Object.fromEntries(codes), { 'web-1': '0123456789ab', 'web-2': '0123456789ab' });
    assert.deepEqual(
      asked,
      ['web-1', 'web-2'].map((name) => [name, 'web', 'node']),
    );
    await rm(folder, { recursive: true });
  });

  it('is not known if the pod does not respond', async () => {
    const exec = async (pod: string): Promise<string> => (pod === 'web-1' ? '' : assert.fail('no such file'));
    assert.deepEqual([...(await readRunningCode({ exec }, pods)).values()], ['not known', 'not known']);
  });

  it('is described with how to return to the image', () => {
    assert.equal(describeRunningCode(new Map(), 'npm run up'), undefined);
    const codes = new Map([
      ['web-1', 'image'],
      ['web-2', '0123456789ab'],
    ]);
    assert.equal(
      describeRunningCode(codes, 'npm run up'),
      'dev mode, 1 of 2 pods run other code than the image. To return to the image: npm run up',
    );
  });
});
