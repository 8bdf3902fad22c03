import assert from 'node:assert/strict';
import { table } from '../../../tools/bench/report';
import { check, interleave, type Result, ratios, type Sample } from '../../../tools/bench/scenario';

const samplesOf = (...values: readonly number[]): Sample[] => values.map((value) => ({ value }));

describe('interleave(contestants, unit, repetitions, log)', () => {
  it('starts each turn with another contestant, and keeps the samples of each in order', async () => {
    const order: string[] = [];
    const measure = (name: string) => async (): Promise<Sample> => ({ value: order.push(name) });
    const samples = await interleave({ a: measure('a'), b: measure('b') }, 'ms', 2, () => {});
    assert.deepEqual(order, ['a', 'b', 'b', 'a']);
    assert.deepEqual(samples, { a: samplesOf(1, 4), b: samplesOf(2, 3) });
  });
});

describe('ratios(samples, contestant, reference)', () => {
  it('compares figures of the same turn: a slow turn cancels out', () => {
    const samples = { ours: samplesOf(20, 2, 30), peer: samplesOf(10, 1, 10) };
    assert.deepEqual(ratios(samples, 'ours', 'peer'), { median: 2, min: 2, max: 3 });
  });

  it('refuses a contestant that was not measured', () => {
    assert.throws(() => ratios({ peer: samplesOf(1) }, 'ours', 'peer'), /no figure/);
  });
});

describe('check(target, samples, unit)', () => {
  const samples = { ours: samplesOf(8, 9), peer: samplesOf(10, 10) };

  it('compares the median ratio with a minimum', () => {
    const target = { contestant: 'ours', reference: 'peer' };
    const verdict = { text: 'ours: at least 0.8 × peer', reached: '0.85', met: true };
    assert.deepEqual(check({ ...target, least: 0.8 }, samples, 'ms'), verdict);
    assert.equal(check({ ...target, least: 0.9 }, samples, 'ms').met, false);
  });

  it('compares the greatest value with a maximum if there is no reference', () => {
    assert.equal(check({ contestant: 'ours', most: 9 }, samples, 'ms').met, true);
    assert.equal(check({ contestant: 'ours', most: 8.5 }, samples, 'ms').met, false);
  });
});

describe('table(results)', () => {
  const result: Result = {
    name: 'memory',
    title: 'Memory',
    unit: 'MiB',
    samples: { ours: samplesOf(1, 3) },
    targets: [{ text: 'ours: at most 9 MiB', reached: '3.00', met: true }],
    taken: { date: '2026-01-02T03:04:05Z', machine: 'a machine', database: 'MongoDB 1.2.3' },
  };

  it('has a line for each contestant and target, a chart of rates, and the machine and database once', () => {
    const measured = { ours: [{ value: 10_000, cpuMicros: 50 }] };
    assert.match(table([{ ...result, samples: measured }]), /^\| ours \| 10,000 \| .* \| 50\.0 \|$/m);
    assert.match(
      table([{ ...result, title: 'GET /', unit: 'requests/s', reference: 'ours' }]),
      /```mermaid\n.*\n {2}title "GET \/: median × ours"\n {2}x-axis \["ours"\]\n {2}y-axis 0 --> 1\.00\n {2}bar \[1\.00\]/,
    );
    const text = table([result, { ...result, title: 'Again', reference: 'ours' }]);
    assert.match(text, /^\| ours \| 2 \| 1 to 3 \| {2}\|$/m);
    assert.match(text, /^\| ours \| 2 \| 1 to 3 \| 1\.00 \| 1\.00 to 1\.00 \| {2}\|$/m);
    assert.match(text, /^- ✓ ours: at most 9 MiB: 3\.00$/m);
    assert.equal(text.match(/Measured 2026-01-02 on a machine\. Database: MongoDB 1\.2\.3\./g)?.length, 1);
  });
});
