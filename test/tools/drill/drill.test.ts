import assert from 'node:assert/strict';
import { configureCommand, configureScript } from '../../../stack/workloads/mongoConfigure';
import { describe as describeFailures, noFailure, nothingLost, within } from '../../../tools/drill/drill';
import { environmentOf } from '../../../tools/drill/drills/firstStart';
import type { Failure } from '../../../tools/drill/load/load';

function failure(kind: string, reused = false, failedAt = 0): Failure {
  return { sentAt: failedAt, failedAt, kind, reused, retryAfter: false };
}

describe('the drill first-start', () => {
  it("sets the configure script's environment, except what the command and the pod set", () => {
    assert.match(configureCommand, / VERSION=/);
    const elsewhere = ['VERSION', 'REPLICA_SET_KEY'];
    const names = [...configureScript.matchAll(/variable\('(\w+)'\)/g)].map(([, name = '']) => name);
    const wanted = [...new Set(names)].filter((name) => !elsewhere.includes(name));
    assert.deepEqual(Object.keys(environmentOf('/tmp/pid')).sort(), wanted.sort());
  });
});

describe("the drills' verdicts", () => {
  it('accept a time up to its limit', () => {
    assert.equal(within('', 30, 30, '').met, true);
    assert.equal(within('', 30.1, 30, '').met, false);
    assert.deepEqual([within('', Infinity, 30, '').met, within('', Infinity, 30, '').reached], [false, 'never']);
  });

  it('require requests without failures', () => {
    assert.equal(noFailure('', { failures: [], requests: 10 }).met, true);
    assert.equal(noFailure('', { failures: [], requests: 0 }).met, false);
    assert.equal(noFailure('', { failures: [failure('503')], requests: 10 }).met, false);
  });

  it('require writes without a loss', () => {
    assert.equal(nothingLost(5, []).met, true);
    assert.equal(nothingLost(0, []).met, false);
    assert.match(nothingLost(5, ['abc']).reached, /1 of 5, such as abc/);
  });

  it('group failures by kind, and by whether the connection was reused', () => {
    assert.equal(
      describeFailures([failure('ECONNRESET', true), failure('503', true), failure('503')]),
      '3 (1 ECONNRESET on a kept connection, 2 503)',
    );
  });
});
