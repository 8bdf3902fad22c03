import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CoreV1Event, V1ContainerState, V1Pod, V1PodStatus } from '@kubernetes/client-node';
import { StackCluster } from '../../../../tools/cli/shared/kubernetes';
import {
  describeFailures,
  describeRunningCode,
  describeScaler,
  podReason,
  podState,
  readRunningCode,
  scalerFigures,
} from '../../../../tools/cli/shared/pods';
import { type FakeKubernetes, fakeKubernetes } from '../support/fakeKubernetes';

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
    assert.match(describeScaler(of(1, 2)), /^1 pod, 2 wanted/);
  });
});

describe('describeFailures(cluster)', () => {
  let api: FakeKubernetes;
  beforeEach(async () => {
    api = await fakeKubernetes();
  });
  afterEach(() => api.close());
  const pod = (name: string, ready: boolean, status: V1PodStatus = {}): V1Pod => ({
    metadata: { name },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }], ...status },
  });
  const claim = (name: string, phase: string) => ({ metadata: { name }, status: { phase } });
  let second = 0;
  const event = (name: string, reason: string, message: string, type = 'Warning', kind = 'Pod'): CoreV1Event => ({
    metadata: {},
    involvedObject: { kind, name },
    lastTimestamp: new Date(++second * 1000),
    reason,
    message,
    type,
  });
  const describeNow = (): Promise<string[]> => {
    const kubeconfig = api.kubeconfig('koa');
    const others = { url: '', services: {}, imageDigest: '', profile: 'koa' };
    return describeFailures(new StackCluster({ kubeconfig, namespace: 'space', ...others }));
  };

  it('has the last warning about each pod that is not ready, and of no other pod', async () => {
    const refused = 'Startup probe failed: dial tcp 10.244.0.5:5000: connect: connection refused';
    const full = '0/1 nodes are available: 1 Insufficient cpu.';
    const done = pod('done', false, { phase: 'Succeeded' });
    const deleted = { ...pod('deleted', false), metadata: { name: 'deleted', deletionTimestamp: new Date() } };
    api.set('pods', pod('web-1', false), pod('web-2', true), pod('web-3', false), done, deleted, pod('quiet', false));
    api.set(
      'events',
      event('web-1', 'Unhealthy', refused),
      event('web-1', 'Pulled', 'already present', 'Normal'),
      ...['web-2', 'done', 'deleted'].map((name) => event(name, 'Unhealthy', refused)),
      event('web-3', 'FailedScheduling', full),
    );
    assert.deepEqual(await describeNow(), [`Pod web-1: Unhealthy: ${refused}`, `Pod web-3: FailedScheduling: ${full}`]);
  });

  it('has no failure to schedule a pod that was scheduled since', async () => {
    const scheduled = pod('web-1', false, { conditions: [{ type: 'PodScheduled', status: 'True' }] });
    api.set('pods', scheduled);
    const failed = event('web-1', 'FailedScheduling', '0/1 nodes are available.');
    api.set('events', failed, event('web-1', 'Pulling', 'Pulling image', 'Normal'));
    assert.deepEqual(await describeNow(), ['Pod web-1: Pulling: Pulling image']);
  });

  it('has the last event of each claim without a volume', async () => {
    api.set('persistentvolumeclaims', claim('mongo-a1', 'Pending'), claim('mongo-b2', 'Bound'));
    const waits = 'Waiting for a volume to be created either by the external provisioner or manually';
    const ofClaim = (name: string) => event(name, 'ExternalProvisioning', waits, 'Normal', 'PersistentVolumeClaim');
    api.set('events', ofClaim('mongo-b2'), ofClaim('mongo-a1'));
    assert.deepEqual(await describeNow(), [`PersistentVolumeClaim mongo-a1: ExternalProvisioning: ${waits}`]);
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
