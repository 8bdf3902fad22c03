import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { V1ContainerStatus, V1ObjectMeta, V1Pod, V2HorizontalPodAutoscaler } from '@kubernetes/client-node';
import { until } from '../../../stack/cluster/until';
import { StackCluster } from '../../../tools/cli/shared/kubernetes';
import { countRequests, spreadOf } from '../../../tools/drill/drills/loadStep';
import { isSteady, readyPods, snapshotOf, type Watch, watchService } from '../../../tools/drill/watch';

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
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }],
  },
  status: {
    desiredReplicas: 3,
    currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 75 } } }],
  },
};

describe('snapshotOf(at, pods, autoscaler, metrics)', () => {
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

  it("has the autoscaler's CPU and desired pods", () => {
    assert.deepEqual([snapshot.cpu, snapshot.desired, snapshot.min], [75, 3, 2]);
  });

  it('is steady if all desired pods are ready', () => {
    const of = (...pods: V1Pod[]) => isSteady(snapshotOf(1, pods, autoscaler));
    assert.equal(of(podOf('a', running), podOf('b', running), podOf('c', running)), true);
    assert.equal(of(podOf('a', running), podOf('b', running)), false);
    assert.equal(of(podOf('a', running), podOf('b', running), podOf('c', {})), false);
  });
});

describe('watchService(cluster)', () => {
  let server: Server;
  let watch: Watch;
  let up = true;
  let silent = false;
  let unanswered = 0;
  let measured = true;

  before(async () => {
    server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '', 'http://api');
      if (!up) return request.socket.destroy();
      if (silent) return (unanswered += 1);
      const found = {
        '/api/v1/namespaces/shop/pods': { items: [podOf('a', running)] },
        '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/web': measured
          ? autoscaler
          : { ...autoscaler, status: { desiredReplicas: 3 } },
      }[pathname];
      response.writeHead(found ? 200 : 503, { 'Content-Type': 'application/json' });
      return response.end(JSON.stringify(found ?? {}));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const kubeconfig = JSON.stringify({
      clusters: [{ name: 'it', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
      contexts: [{ name: 'it', context: { cluster: 'it' } }],
      'current-context': 'it',
    });
    watch = watchService(
      new StackCluster({ kubeconfig, namespace: 'shop', services: {}, url: '', imageDigest: '', profile: '' }),
    );
  });

  after(() => {
    watch.stop();
    server.close();
    server.closeAllConnections();
  });

  it('has the pods, and their CPU while there are metrics', async () => {
    const { pods, cpu } = await watch.next();
    assert.deepEqual([pods[0]?.name, cpu], ['a', 75]);
    measured = false;
    await watch.until('no CPU', (snapshot) => snapshot.cpu === undefined, 5);
  });

  it('has no snapshots while the API is down, and again once it is back', async () => {
    up = false;
    await assert.rejects(
      watch.until('a snapshot', () => true, 1, Date.now() + 300),
      /Not within 1 s: a snapshot/,
    );
    up = true;
    await watch.next();
  });

  it('has snapshots again within 3 s after a request that is not answered', async () => {
    silent = true;
    await until('a request without an answer', () => unanswered > 0);
    silent = false;
    await watch.next(3);
  });

  it('takes no snapshots after its stop', async () => {
    watch.stop();
    const count = watch.snapshots.length;
    await assert.rejects(until('another snapshot', () => watch.snapshots.length > count + 1, 1000));
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
