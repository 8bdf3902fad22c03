import assert from 'node:assert/strict';
import { Requests } from '../../../tools/dashboard/requests';

/** `counts` requests took at most 10 ms, 100 ms, and any time. */
const metrics = (route: string, status: number, counts: readonly [number, number, number]): string =>
  ['0.01', '0.1', '+Inf']
    .map(
      (le, index) =>
        `http_request_duration_seconds_bucket{le="${le}",method="GET",route="${route}",status="${status}"} ${counts[index]}`,
    )
    .join('\n');

/** Values without requests. */
const none = { 'Requests/s': { answered: 0 }, 'Latency, ms': {}, 'Failed requests/s': {} };

describe('figures of requests, from histograms', () => {
  it('are rates between two readings, with latency estimated within buckets, of all pods together', () => {
    const requests = new Requests();
    for (const pod of ['web-1', 'web-2']) {
      requests.add(pod, metrics('/data', 200, [100, 100, 100]), 10_000);
      requests.add(pod, metrics('/data', 200, [150, 200, 200]), 12_000);
    }
    const { 'Latency, ms': { median, p99 = NaN } = {}, ...others } = requests.values(12_000);
    assert.deepEqual(others, { 'Requests/s': { answered: 100 }, 'Failed requests/s': {} });
    assert.deepEqual([median, Math.round(p99)], [10, 98]);
  });

  it('count 500 and above as failed', () => {
    const requests = new Requests();
    requests.add('web-1', '', 0);
    requests.add('web-1', [metrics('/', 404, [2, 2, 2]), metrics('/', 503, [1, 1, 1])].join('\n'), 1000);
    const { 'Requests/s': all, 'Failed requests/s': failed } = requests.values(1000);
    assert.deepEqual([all, failed], [{ answered: 3 }, { 'GET /': 1 }]);
  });

  it('have no route without recent failures', () => {
    const requests = new Requests();
    requests.add('web-1', metrics('/', 503, [1, 1, 1]), 0);
    requests.add('web-1', metrics('/', 503, [1, 1, 1]), 1000);
    assert.deepEqual(requests.values(1000), none);
  });

  it('exclude probes, and a pod whose counters were reset', () => {
    const requests = new Requests();
    requests.add('web-1', [metrics('/data', 200, [90, 90, 90]), metrics('/health/live', 200, [1, 1, 1])].join('\n'), 0);
    requests.add('web-1', [metrics('/data', 200, [3, 3, 3]), metrics('/health/live', 200, [9, 9, 9])].join('\n'), 2000);
    assert.deepEqual(requests.values(2000), none);
  });

  it('ignore a reading that arrives after a later one', () => {
    const requests = new Requests();
    requests.add('web-1', metrics('/', 200, [1, 1, 1]), 0);
    requests.add('web-1', metrics('/', 200, [9, 9, 9]), 4000);
    requests.add('web-1', metrics('/', 200, [3, 3, 3]), 2000);
    assert.equal(requests.values(4000)['Requests/s']?.answered, 2);
  });

  it('are unknown until a pod was read twice within the time', () => {
    const requests = new Requests();
    assert.deepEqual(requests.values(0), {});
    requests.add('web-1', metrics('/', 200, [1, 1, 1]), 0);
    requests.add('web-1', metrics('/', 200, [9, 9, 9]), 7000);
    assert.deepEqual(requests.values(7000), {});
  });
});
