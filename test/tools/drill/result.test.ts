import assert from 'node:assert/strict';
import { isPassed, table } from '../../../tools/drill/drill';
import { linePath, plot, roundUp } from '../../../tools/drill/plot';
import type { Result } from '../../../tools/drill/runDrill';
import { type Snapshot, samplesOf } from '../../../tools/drill/watch';

const snapshot = (at: number, desired: number): Snapshot => ({
  at,
  pods: [],
  desired,
  min: 2,
  cpu: 12,
});

const result: Result = {
  name: 'load-step',
  title: 'Load steps <up>',
  start: 1000,
  end: 5000,
  verdicts: [{ text: 'requests failed', limit: '0', source: 'the issue', reached: '0 of 10', met: true }],
  notes: ['A note.'],
  events: [{ at: 1500, text: 'load & more' }],
  samples: [
    { at: 1000, ready: 2, answered: 10, failed: 0 },
    { at: 3000, ready: 3, answered: 20, failed: 1 },
    { at: 4000, ready: 4 },
  ],
  taken: { date: '2026-01-01', machine: 'a machine', quick: false },
};

describe('samplesOf(snapshots)', () => {
  it('has one entry per second with a snapshot', () => {
    assert.deepEqual(samplesOf([snapshot(1100, 2), snapshot(1900, 3), snapshot(3500, 4)]), [
      { at: 1100, ready: 0, desired: 2, cpu: 12 },
      { at: 3500, ready: 0, desired: 4, cpu: 12 },
    ]);
  });
});

describe('plot(results)', () => {
  it('has each event, and escapes text', () => {
    const svg = plot([result]);
    assert.match(svg, /^<svg [\s\S]*<\/svg>\n$/);
    assert.match(svg, />1 {2}0\.5 s {2}load &amp; more</);
    assert.match(svg, /Load steps &lt;up>/);
  });

  it('leaves out drills without load', () => {
    assert.doesNotMatch(plot([{ ...result, samples: [{ at: 0, ready: 2 }] }]), /Load steps/);
  });
});

describe('linePath(points)', () => {
  const strokes = (seconds: readonly number[]): number => {
    const path = linePath(
      [0, 1, 2, 3, 4, 5].map((at) => [at * 1000, seconds.includes(at) ? 2 : undefined] as const),
      0,
      0,
      1,
      1,
    );
    return path.match(/M/g)?.length ?? 0;
  };

  it('interrupts a line after more than one second without a value', () => {
    assert.equal(strokes([0, 1, 3, 4]), 1);
    assert.equal(strokes([0, 1, 4, 5]), 2);
  });
});

describe('roundUp(value)', () => {
  for (const [value, expected] of [
    [1, 1],
    [3, 5],
    [5, 5],
    [6, 10],
    [1200, 2000],
  ] as const) {
    it(`${value} is below ${expected}`, () => assert.equal(roundUp(value), expected));
  }
});

describe('table(result)', () => {
  it('has events, limits with their sources, and notes', () => {
    const text = table(result);
    for (const part of [/^PASSED {2}Load/, /0\.5 s {2}load & more/, /0 of 10 +0 +the issue/, /A note\./]) {
      assert.match(text, part);
    }
  });

  it('fails if a limit was not met, or without limits', () => {
    assert.equal(isPassed({ verdicts: [...result.verdicts, { ...result.verdicts[0]!, met: false }] }), false);
    assert.equal(isPassed({ verdicts: [] }), false);
  });
});
