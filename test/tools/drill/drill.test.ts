import assert from 'node:assert/strict';
import { configureCommand, configureScript } from '../../../stack/workloads/mongoScripts';
import {
  describe as describeFailures,
  isPassed,
  noFailure,
  noLaterFailure,
  nothingLost,
  table,
  within,
} from '../../../tools/drill/drill';
import { environmentOf } from '../../../tools/drill/drills/firstStart';
import type { Failure } from '../../../tools/drill/load/client';
import { plot } from '../../../tools/drill/plot';

function failure(kind: string, reused = false, sentAt = 0): Failure {
  return { sentAt, failedAt: sentAt, kind, reused, retryAfter: false };
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
  });

  it('require requests without failures', () => {
    assert.equal(noFailure('', { failures: [], requests: 10 }).met, true);
    assert.equal(noFailure('', { failures: [], requests: 0 }).met, false);
    assert.equal(noFailure('', { failures: [failure('503')], requests: 10 }).met, false);
    const { met, reached } = noFailure('', { failures: [], requests: 10 }, { failures: [failure('503')], requests: 5 });
    assert.deepEqual([met, reached], [false, '1 (1 503) of 15']);
  });

  it('allow failures of requests that were sent until some seconds after an event', () => {
    const load = { failures: [failure('503', false, 5000)], requests: 10 };
    assert.equal(noLaterFailure('', load, 2000, 3).met, true);
    assert.equal(noLaterFailure('', load, 1999, 3).met, false);
  });

  it('require writes without a loss', () => {
    assert.equal(nothingLost(['abc', 'def'], ['def', 'abc', 'of others']).met, true);
    assert.equal(nothingLost([], ['of others']).met, false);
    const { met, reached } = nothingLost(['abc', 'def'], ['def']);
    assert.deepEqual([met, reached], [false, '1 of 2, such as abc']);
  });

  it('group failures by kind, and by whether the connection was reused', () => {
    assert.equal(
      describeFailures([failure('ECONNRESET', true), failure('503', true), failure('503')]),
      '3 (1 ECONNRESET on a kept connection, 2 503)',
    );
  });
});

describe('table(result)', () => {
  const result = {
    title: 'Load steps up',
    verdicts: [{ text: 'requests failed', limit: '0', reached: '0 of 10', met: true }],
    notes: ['A note.'],
  };

  it('has limits and notes', () => {
    const text = table(result);
    for (const part of [/^PASSED {2}Load/, /requests failed +0 of 10 +0/, /A note\./]) {
      assert.match(text, part);
    }
  });

  it('fails if a limit was not met, or without limits', () => {
    assert.equal(isPassed({ verdicts: [...result.verdicts, { ...result.verdicts[0]!, met: false }] }), false);
    assert.equal(isPassed({ verdicts: [] }), false);
  });
});

describe('plot(result)', () => {
  it('has charts of the seconds since the first event, and the events', () => {
    const sample = { ready: 2, wanted: Number.NaN, requests: 10, failures: 0 };
    const samples = [500, 1000, 2000].map((at, index) => ({ ...sample, at, requests: 10 * index }));
    const events = [1000, 1500].map((at) => ({ at, text: `event ${at}` }));
    const text = plot({ title: 'Load steps up', samples, events });
    assert.match(
      text,
      /title "Load steps up: wanted and ready pods"\n.*0 --> 2\n.*0 --> 2\n {2}line \[0, 0\]\n {2}line \[2, 2\]\n/,
    );
    assert.match(text, /requests per second"\n.*\n {2}y-axis 0 --> 20\n {2}line \[10, 20\]\n```/);
    assert.match(text, /- 0\.0 s: event 1000\n- 0\.5 s: event 1500\n$/);
  });
});
