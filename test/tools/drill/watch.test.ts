import assert from 'node:assert/strict';
import type { V1ContainerStatus, V1ObjectMeta, V1Pod, V2HorizontalPodAutoscaler } from '@kubernetes/client-node';
import { until } from '../../../stack/cluster/until';
import { StackCluster } from '../../../tools/cli/shared/kubernetes';
import { countRequests, spreadOf } from '../../../tools/drill/drills/loadStep';
import { isSteady, podNamed, readyPods, snapshotOf, type Watch, watchService } from '../../../tools/drill/watch';
import { type FakeKubernetes, fakeKubernetes } from '../cli/support/fakeKubernetes';

const ready = { type: 'Ready', status: 'True' };

function podOf(name: string, container: Partial<V1ContainerStatus>, metadata: V1ObjectMeta = {}): V1Pod {
  return {
    metadata: { name, ...metadata },
    spec: { nodeName: 'node', containers: [{ name: 'web', resources: { requests: { cpu: '200m' } } }] },
    status: {
      conditions: container.ready ? [ready] : [],
      containerStatuses: [{ name: 'web', image: '', imageID: '', ready: false, restartCount: 0, ...container }],
    },
  };
}

const running = { ready: true, state: { running: {} } };
const autoscaler: V2HorizontalPodAutoscaler = {
  spec: {
    scaleTargetRef: { kind: 'Deployment', name: 'web' },
    minReplicas: 2,
    maxReplicas: 5,
  },
  status: { desiredReplicas: 3 },
};

describe('snapshotOf(at, pods, autoscaler)', () => {
  const snapshot = snapshotOf(
    1,
    [
      podOf('a', running),
      podOf('b', running, { deletionTimestamp: new Date() }),
      podOf('c', { restartCount: 1, lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } }),
    ],
    autoscaler,
  );

  it('counts a terminating pod as not ready', () => {
    assert.deepEqual(
      readyPods(snapshot).map(({ name }) => name),
      ['a'],
    );
  });

  it('has the state of a pod, and why its container ended', () => {
    const [, , c] = snapshot.pods;
    assert.deepEqual(
      [c?.scheduled, c?.started, c?.ready, c?.restarts, c?.lastTermination],
      [true, false, false, 1, 'OOMKilled'],
    );
  });

  it("has the autoscaler's desired pods and minimum", () => {
    assert.deepEqual([snapshot.desired, snapshot.min], [3, 2]);
  });

  it('has no minimum that pods exceed while the autoscaler is not known', () => {
    const { min, desired } = snapshotOf(1, [podOf('a', running), podOf('b', running)], {});
    assert.deepEqual([2 > min, 2 > desired], [false, false]);
  });

  it('is steady if all desired pods are ready', () => {
    const of = (...pods: V1Pod[]) => isSteady(snapshotOf(1, pods, autoscaler));
    assert.equal(of(podOf('a', running), podOf('b', running), podOf('c', running)), true);
    assert.equal(of(podOf('a', running), podOf('b', running)), false);
    assert.equal(of(podOf('a', running), podOf('b', running), podOf('c', {})), false);
  });
});

describe('watchService(cluster, end)', () => {
  const labels = { 'app.kubernetes.io/name': 'web' };
  const end = new AbortController();
  let api: FakeKubernetes;
  let watch: Watch;

  before(async () => {
    api = await fakeKubernetes();
    api.set('horizontalpodautoscalers', { ...autoscaler, metadata: { name: 'web', namespace: 'shop' } });
    const kubeconfig = api.kubeconfig('it');
    const outputs = { kubeconfig, namespace: 'shop', services: {}, url: '', imageDigest: '', profile: '' };
    watch = watchService(new StackCluster(outputs), end.signal);
    await until('the watches begin', () => api.requests.filter((path) => path.includes('watch=true')).length === 2);
  });

  after(() => {
    end.abort();
    api.close();
  });

  it("has the service's pods, and follows them", async () => {
    const pod = podOf('a', running, { namespace: 'shop', labels });
    api.set('pods', pod, podOf('mongo-0', running, { namespace: 'shop' }));
    const { pods, desired } = await watch.until('a pod', (it) => readyPods(it).length > 0);
    assert.deepEqual([pods.map(({ name }) => name), desired], [['a'], 3]);
    api.set('pods', podOf('a', { ready: false }, { namespace: 'shop', labels }));
    await watch.until('a pod that is not ready', (it) => podNamed('a', it)?.ready === false);
  });

  it('is idle when only the minimum number of pods is left', async () => {
    const pods = ['a', 'b', 'c'].map((name) => podOf(name, running, { namespace: 'shop', labels }));
    api.set('pods', ...pods);
    await watch.until('three pods', (it) => readyPods(it).length === 3);
    let isIdle = false;
    const idle = watch.idle().then(() => (isIdle = true));
    const wantsTwo: V2HorizontalPodAutoscaler = { ...autoscaler, status: { desiredReplicas: 2 } };
    api.set('horizontalpodautoscalers', { ...wantsTwo, metadata: { name: 'web', namespace: 'shop' } });
    await watch.until('two wanted pods', ({ desired }) => desired === 2);
    assert.equal(isIdle, false);
    api.set('pods', ...pods.slice(1));
    await idle;
  });

  it('says what did not happen in time', async () => {
    await assert.rejects(
      watch.until('no pod', ({ pods }) => pods.length === 0, 0.2),
      /Not within 0\.2 s: no pod/,
    );
  });
});

describe('countRequests(metrics)', () => {
  it('adds up all routes except probes', () => {
    assert.equal(
      countRequests(
        [
          'http_request_duration_seconds_bucket{le="0.001",method="GET",route="/",status="200"} 3',
          'http_request_duration_seconds_bucket{le="+Inf",method="GET",route="/",status="200"} 40',
          'http_request_duration_seconds_bucket{le="+Inf",method="POST",route="/data",status="201"} 2',
          'http_request_duration_seconds_bucket{le="+Inf",method="GET",route="/health/ready",status="200"} 1000',
        ].join('\n'),
      ),
      42,
    );
  });
});

describe('spreadOf(counts)', () => {
  it('has the largest deviation from the mean', () => {
    const { worst, text } = spreadOf([50, 200, 50]);
    assert.deepEqual({ worst, text }, { worst: 100, text: '50 %, 200 %, 50 %' });
  });
});
