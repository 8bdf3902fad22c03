import { escapeXml, svg, svgText as text } from '../report';
import { formatEvent } from './drill';
import type { Result } from './runDrill';
import type { Sample } from './watch';

const columnWidth = 340;
const plotWidth = columnWidth - 48;
const left = 64;
const top = 52;
const panelHeight = 70;
const panelStep = panelHeight + 14;

/** Longest gap in ms that a line bridges: values that are reported each second may be a little early or late. */
const jitter = 2500;

const grey = 'fill="#59636e"';
const black = 'fill="#1f2328"';

/** The lines of each panel, with their color and key in a sample. */
const panels: Readonly<Record<string, Readonly<Record<string, readonly [color: string, key: keyof Sample]>>>> = {
  pods: { wanted: ['#afb8c1', 'desired'], ready: ['#1a7f37', 'ready'] },
  'CPU, %': { 'mean of pods': ['#8250df', 'cpu'] },
  'responses/s': { answered: ['#0969da', 'answered'] },
  'latency, ms': { p99: ['#d4a72c', 'p99'], median: ['#1f2328', 'median'] },
  'failures/s': { failed: ['#cf222e', 'failed'] },
};
const legendTop = top + Object.keys(panels).length * panelStep + 24;

/** An SVG of the drills with load, one per column, over time: pods, CPU, responses, latency, failures, and events. */
export function plot(results: readonly Result[]): string {
  const shown = results.filter(({ samples = [] }) => samples.some(({ answered = 0 }) => answered > 0));
  const height = legendTop + Math.max(0, ...shown.map(({ events }) => events.length)) * 15 + 12;
  const heads = Object.entries(panels).flatMap(([title, lines], index) => {
    const y = top + index * panelStep;
    const names = Object.entries(lines).filter((_, __, all) => all.length > 1); // a single line needs no name
    return [
      text(8, y + 10, title, `${black} font-weight="600" font-size="10"`),
      ...names.map(([name, [color]], line) => text(8, y + 24 + line * 12, name, `fill="${color}" font-size="10"`)),
    ];
  });
  return svg(left + shown.length * columnWidth, height, [
    ...heads,
    ...shown.flatMap((result, index) => drawColumn(result, left + index * columnWidth + 34)),
  ]);
}

function drawColumn({ title, start, end, samples, events }: Result, x: number): string[] {
  const scale = plotWidth / Math.max(1000, end - start);
  return [
    `<g><title>${escapeXml(title)}</title>`,
    text(x, 20, title, `font-weight="600" ${black}`),
    ...Object.values(panels).flatMap((lines, index) => {
      const values = Object.values(lines).map(([, key]) => samples.map((it) => [it.at - start, it[key]] as const));
      const max = roundUp(Math.max(1, ...values.flat().flatMap(([, value]) => value ?? [])));
      const base = top + index * panelStep + panelHeight;
      const paths = values.map((points) => linePath(points, x, base, scale, panelHeight / max));
      return [
        `<line x1="${x}" x2="${x + plotWidth}" y1="${base}" y2="${base}" stroke="#d1d9e0"/>`,
        text(x - 4, base - panelHeight + 8, String(max), `text-anchor="end" font-size="9" ${grey}`),
        text(x - 4, base, '0', `text-anchor="end" font-size="9" ${grey}`),
        ...Object.values(lines).map(
          ([color], line) => `<path d="${paths[line]}" fill="none" stroke="${color}" stroke-width="1.5"/>`,
        ),
      ];
    }),
    ...events.flatMap((event, index) => {
      const at = x + Math.max(0, event.at - start) * scale;
      const label = `${index + 1}  ${formatEvent(event, start).trim()}`;
      return [
        `<path d="M${at.toFixed(1)} ${top - 4}V${legendTop - 24}" stroke="#59636e" stroke-dasharray="2 3"/>`,
        text(at, top - 8, String(index + 1), `text-anchor="middle" font-size="9" ${grey}`),
        text(x, legendTop + 8 + index * 15, label, `${black} font-size="10"`),
      ];
    }),
    text(x, legendTop - 10, '0 s', grey),
    text(x + plotWidth, legendTop - 10, `${Math.ceil((end - start) / 1000)} s`, `text-anchor="end" ${grey}`),
    '</g>',
  ];
}

/** The path of a line through `points`, with a gap where there was no value for a while. */
export function linePath(
  points: readonly (readonly [at: number, value: number | undefined])[],
  x: number,
  y: number,
  xScale: number,
  yScale: number,
): string {
  let last = -Infinity;
  const steps = points.map(([at, value]) => {
    if (value === undefined) return '';
    const command = at - last > jitter ? 'M' : 'L';
    last = at;
    return `${command}${(x + at * xScale).toFixed(1)} ${(y - value * yScale).toFixed(1)}`;
  });
  return steps.join('');
}

/** The least of 1, 2 and 5 times a power of ten that is at least `value`. */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10) * power;
}
