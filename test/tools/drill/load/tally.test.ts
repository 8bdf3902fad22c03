import assert from 'node:assert/strict';
import { Tally } from '../../../../tools/drill/load/tally';

describe('Tally', () => {
  it('gives median, 99th percentile and maximum of what was answered since the last time', () => {
    const tally = new Tally();
    for (let ms = 100; ms >= 1; ms -= 1) tally.answered(ms);
    tally.failed();
    assert.deepEqual(tally.tick(7), { at: 7, answered: 100, failed: 1, latency: { median: 50, p99: 99, max: 100 } });
    assert.deepEqual(tally.tick(8), { at: 8, answered: 0, failed: 0, latency: undefined });
  });
});
