import assert from 'node:assert/strict';
import { configureCommand, configureScript } from '../../../stack/workloads/mongoScripts';
import {
  describe as describeFailures,
  isPassed,
  noFailure,
  noLaterFailure,
  nothingLost,
  onlyRetryable,
  table,
  within,
} from '../../../tools/drill/drill';
import { environmentOf } from '../../../tools/drill/drills/firstStart';
import type { Failure } from '../../../tools/drill/load/client';

function failure(kind: string, sentAt = 0): Failure {
  return { sentAt, failedAt: sentAt, kind };
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
    assert.equal(within('', 30, 30).met, true);
    assert.equal(within('', 30.1, 30).met, false);
    assert.deepEqual([within('', 2, 2).reached, within('', 2.01, 2).reached], ['2.0 s', '2.1 s']);
    assert.deepEqual([within('', Infinity, 30).met, within('', Infinity, 30).reached], [false, 'never']);
    assert.equal(within('', 2, 2, [failure('503')]).reached, '2.0 s; 1 (1 503) failed');
  });

  it('require requests without failures', () => {
    assert.equal(noFailure('', [{ failures: [], requests: 10 }]).met, true);
    assert.equal(noFailure('', [{ failures: [], requests: 0 }]).met, false);
    assert.equal(noFailure('', [{ failures: [failure('503')], requests: 10 }]).met, false);
    const loads = [
      { failures: [], requests: 10 },
      { failures: [failure('503')], requests: 5 },
    ];
    const { met, reached } = noFailure('', loads);
    assert.deepEqual([met, reached], [false, '1 (1 503) of 15']);
  });

  it('allow 503 with Retry-After, and count it', () => {
    const refused = failure('503 with Retry-After');
    const { met, reached } = onlyRetryable('', { failures: [refused, refused], requests: 10 });
    assert.deepEqual([met, reached], [true, '0 of 10; 2 (2 503 with Retry-After) as allowed']);
    assert.equal(onlyRetryable('', { failures: [refused, failure('503')], requests: 10 }).met, false);
  });

  it('allow failures of requests that were sent until some seconds after an event', () => {
    const load = { failures: [failure('503', 5000)], requests: 10 };
    assert.equal(noLaterFailure('', load, 2000, 3).met, true);
    assert.equal(noLaterFailure('', load, 1999, 3).met, false);
  });

  it('require writes without a loss', () => {
    assert.equal(nothingLost(['abc', 'def'], ['def', 'abc', 'of others']).met, true);
    assert.equal(nothingLost([], ['of others']).met, false);
    const { met, reached } = nothingLost(['abc', 'def'], ['def']);
    assert.deepEqual([met, reached], [false, '1 of 2, such as abc']);
  });

  it('group failures by kind', () => {
    assert.equal(describeFailures([failure('ECONNRESET'), failure('503'), failure('503')]), '3 (1 ECONNRESET, 2 503)');
  });
});

describe('table(result)', () => {
  const result = {
    title: 'Load steps up',
    verdicts: [{ text: 'requests failed', limit: '0', reached: '0 of 10', met: true }],
  };

  it('has limits', () => {
    assert.match(table(result), /^PASSED {2}Load.*\n\n.*\n.*requests failed +0 of 10 +0$/);
  });

  it('fails if a limit was not met, or without limits', () => {
    assert.equal(isPassed({ verdicts: [...result.verdicts, { ...result.verdicts[0]!, met: false }] }), false);
    assert.equal(isPassed({ verdicts: [] }), false);
  });
});
