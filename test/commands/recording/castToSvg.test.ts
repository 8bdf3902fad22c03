import assert from 'node:assert/strict';
import { castToSvg } from '../../../commands/recording/castToSvg';

/** A recording of what was printed at these seconds, in a terminal of 12 columns and 2 rows, as SVG. */
const svg = (...events: readonly (readonly [number, string, string?])[]): string => castToSvg([
  { version: 2, width: 12, height: 2 },
  ...events.map(([time, text, kind = 'o']) => [time, kind, text]),
].map((line) => JSON.stringify(line)).join('\n'));

/** The rows of an SVG, their markup in them. */
const rows = (image: string): string[] => [...image.matchAll(/<text y="\d+">(.*)<\/text>/g)].map(([, row]) => row ?? '');

describe('castToSvg(cast)', () => {
  it('shows each line from its time on, and cuts long waits', () => {
    const image = svg([0.5, 'one\r\n'], [100.5, 't'], [100.9, 'wo\r\n'], [101, 'three\r\n']);
    const steps = [...image.matchAll(/([\d.]+)% { transform: translateY\((-?\d+)px\) }/g)].map(([, percent, y]) => [Number(percent), Number(y)]);
    // 0 s, 1.5 s in place of 100, 0.5 s more, and 6 s of the last screen: 8 s.
    assert.deepEqual(steps, [[0, 36], [0, 18], [18.75, 0], [25, -18]]);
    assert.deepEqual(rows(image), ['one', 'two', 'three']);
  });

  it('wraps at the width, keeps empty lines, and escapes', () => {
    assert.deepEqual(rows(svg([0, '0123456789012\r\n\r\n<&>'])), ['012345678901', '2', '', '&lt;&amp;&gt;']);
  });

  it('keeps colours, and of a line that was written over the last text', () => {
    assert.deepEqual(rows(svg([0, '\x1b[1;31mred\x1b[0m no\r\n\x1b[38;5;13mpink\x1b[0m'])),
      ['<tspan fill="#ff7b72">red</tspan><tspan> no</tspan>', '<tspan fill="#d2a8ff">pink</tspan>']);
    assert.deepEqual(rows(svg([0, '1 of 9'], [1, '\r2 of 9'], [2, '\r\ndone'])), ['2 of 9', 'done']);
  });

  it('leaves out what was typed, and rows of progress', () => {
    assert.deepEqual(rows(svg([0, ' +  Pod creating (0s)\r\n@ updating..\r\n'], [1, 'password', 'i'], [2, 'a creating (1s) minikube: b'])),
      ['a creating (', '1s) minikube', ': b']);
  });
});
