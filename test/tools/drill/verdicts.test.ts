import assert from 'node:assert/strict';
import { outage } from '../../../tools/drill/drills/calm';
import type { Load } from '../../../tools/drill/load/load';
import type { Failure } from '../../../tools/drill/load/plan';
import { chooseDrills } from '../../../tools/drill/options';
import { describe as describeFailures, noFailure, nothingLost, within } from '../../../tools/drill/verdicts';

function failure(kind: string, reused = false, failedAt = 0): Failure {
  return { sentAt: failedAt, failedAt, kind, request: 'GET /', reused, retryAfter: false };
}

describe("the drills' verdicts", () => {
  it('keep a time within its limit, the limit included', () => {
    assert.equal(within('', 30, 30, '').met, true);
    assert.equal(within('', 30.1, 30, '').met, false);
  });

  it('find no fault only where something was asked', () => {
    assert.equal(noFailure('', [], 10, '').met, true);
    assert.equal(noFailure('', [], 0, '').met, false);
    assert.equal(noFailure('', [failure('503')], 10, '').met, false);
  });

  it('find nothing lost only where something was written', () => {
    assert.equal(nothingLost(5, [], '').met, true);
    assert.equal(nothingLost(0, [], '').met, false);
    assert.match(nothingLost(5, ['abc'], '').reached, /1 of 5, such as abc/);
  });

  it('tell failures by kind, and which met a connection that was kept', () => {
    assert.equal(
      describeFailures([failure('ECONNRESET', true), failure('503', true), failure('503')]),
      '3 (1 ECONNRESET on a kept connection, 2 503)',
    );
  });
});

describe('outage(load, since, seconds)', () => {
  it('is from the first failure after the event to the last', async () => {
    const load = { failures: [5, 20, 40].map((at) => failure('503', false, at)) } as unknown as Load;
    assert.deepEqual(await outage(load, 10, 1), { first: 20, last: 40 });
  });

  it('is none where no request failed in time', async () => {
    assert.deepEqual(await outage({ failures: [] } as unknown as Load, 10, 1), { first: 10, last: 10 });
  });
});

describe('chooseDrills(only, drills)', () => {
  const drills = ['load-step', 'drift', 'pod-loss'].map((name) => ({ name }));

  it('keeps the order of the list', () => {
    assert.deepEqual(chooseDrills('pod-loss, load-step', drills), [{ name: 'load-step' }, { name: 'pod-loss' }]);
  });

  it('tells an unknown name and those that there are', () => {
    assert.throws(
      () => chooseDrills('drift,flood', drills),
      /--only has 'flood': give some of load-step,drift,pod-loss/,
    );
  });
});
