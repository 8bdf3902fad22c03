import assert from 'node:assert/strict';
import { cpuPercent, millicores } from '../../../../tools/drill/watch/cpu';
import { countRequests, spreadOf } from '../../../../tools/drill/watch/requests';
import { type PodList, readyPods, snapshotOf } from '../../../../tools/drill/watch/snapshot';

type Pod = PodList['items'][number];

function pod(name: string, status: Pod['status'], deletionTimestamp?: string): Pod {
  return {
    metadata: { name, creationTimestamp: '2026-01-01T00:00:00Z', ...(deletionTimestamp && { deletionTimestamp }) },
    spec: { nodeName: 'node', containers: [{ resources: { requests: { cpu: '200m' } } }] },
    status,
  };
}

const running = { restartCount: 0, state: { running: {} }, lastState: {} };
const ready = [{ type: 'Ready', status: 'True' }];
const autoscaler = {
  spec: { minReplicas: 2, maxReplicas: 5, metrics: [{ resource: { target: { averageUtilization: 70 } } }] },
  status: { desiredReplicas: 3 },
};

describe('snapshotOf(at, pods, autoscaler, metrics)', () => {
  const snapshot = snapshotOf(
    1,
    {
      items: [
        pod('a', { conditions: ready, containerStatuses: [running] }),
        pod('b', { conditions: ready, containerStatuses: [running] }, '2026-01-01T00:00:01Z'),
        pod('c', {
          conditions: [],
          containerStatuses: [{ restartCount: 1, state: {}, lastState: { terminated: { reason: 'OOMKilled' } } }],
        }),
      ],
    },
    autoscaler,
    { items: [{ metadata: { name: 'a' }, containers: [{ usage: { cpu: '150000000n' } }] }] },
  );

  it('takes a draining pod for none that answers', () => {
    assert.deepEqual(
      readyPods(snapshot).map(({ name }) => name),
      ['a'],
    );
  });

  it('tells how far a pod is, and why its container ended', () => {
    const [, , c] = snapshot.pods;
    assert.deepEqual([c?.scheduled, c?.started, c?.ready, c?.restarts, c?.ended], [true, false, false, 1, 'OOMKilled']);
  });

  it('gives CPU as the autoscaler sees it: percent of the request, of the pods that have a reading', () => {
    assert.equal(snapshot.cpu, 75);
    assert.deepEqual([snapshot.desired, snapshot.min, snapshot.max, snapshot.target], [3, 2, 5, 70]);
  });
});

describe('millicores(quantity)', () => {
  for (const [quantity, expected] of [
    ['250m', 250],
    ['1', 1000],
    ['0.5', 500],
    ['1500000n', 1.5],
    ['20u', 0.02],
  ] as const) {
    it(`reads ${quantity}`, () => assert.ok(Math.abs(millicores(quantity) - expected) < 1e-9));
  }

  it('refuses what is none', () => assert.throws(() => millicores('1Gi'), /'1Gi' is no quantity of CPU/));
});

describe('cpuPercent(usage, request)', () => {
  it('knows nothing without a reading', () => assert.equal(cpuPercent([undefined], 200), undefined));
});

describe('countRequests(metrics)', () => {
  it("adds up all routes but the kubelet's", () => {
    assert.equal(
      countRequests(
        [
          'http_request_duration_seconds_bucket{le="0.001",method="GET",route="/",status="200"} 3',
          'http_request_duration_seconds_count{method="GET",route="/",status="200"} 40',
          'http_request_duration_seconds_count{method="POST",route="/data",status="201"} 2',
          'http_request_duration_seconds_count{method="GET",route="/health/ready",status="200"} 1000',
        ].join('\n'),
      ),
      42,
    );
  });
});

describe('spreadOf(counts)', () => {
  it('tells the one that is farthest from the mean', () => {
    const { worst, text } = spreadOf([50, 200, 50]);
    assert.deepEqual({ worst, text }, { worst: 100, text: '50 %, 200 %, 50 %' });
  });
});
