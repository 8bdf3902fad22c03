import { escapeXml, svg, svgText as text } from '../report';
import type { Result, Second } from './result';

const columnWidth = 340;
const left = 64;
const top = 52;
const panelHeight = 70;
const panelStep = panelHeight + 14;

/** Seconds without a value that a line goes over: what is reported each second may come a little early or late. */
const jitter = 2;

const grey = 'fill="#59636e"';
const black = 'fill="#1f2328"';

/** A quantity over time. */
export interface Line {
  readonly name: string;
  readonly color: string;
  /** Undefined where it could not be seen: the line has a gap if that lasts. */
  readonly value: (second: Second) => number | undefined;
}

/** Where a panel's lines are drawn, and the time that its width stands for. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly seconds: number;
}

const panels: readonly { readonly title: string; readonly lines: readonly Line[] }[] = [
  {
    title: 'pods',
    lines: [
      { name: 'wanted', color: '#afb8c1', value: ({ desired }) => desired },
      { name: 'ready', color: '#1a7f37', value: ({ ready }) => ready },
    ],
  },
  { title: 'CPU, %', lines: [{ name: 'mean of pods', color: '#8250df', value: ({ cpu }) => cpu }] },
  { title: 'answers/s', lines: [{ name: 'answered', color: '#0969da', value: ({ answered }) => answered }] },
  {
    title: 'latency, ms',
    lines: [
      { name: 'p99', color: '#d4a72c', value: ({ p99 }) => p99 },
      { name: 'median', color: '#1f2328', value: ({ median }) => median },
    ],
  },
  { title: 'failures/s', lines: [{ name: 'failed', color: '#cf222e', value: ({ failed }) => failed }] },
];

/** The drills that had load, one a column, over time: pods, CPU, answers, latency, failures, and the events. An SVG. */
export function plot(results: readonly Result[]): string {
  const shown = results.filter(({ series }) => series.some(({ answered = 0 }) => answered > 0));
  const legendTop = top + panels.length * panelStep + 24;
  const legendLines = Math.max(0, ...shown.map(({ events }) => events.length));
  const height = legendTop + legendLines * 15 + 30;
  const database = [...new Set(shown.map(({ taken }) => taken.database))].join('; ');
  return svg(left + shown.length * columnWidth, height, [
    ...panels.map((panel, index) => drawHead(panel.title, panel.lines, top + index * panelStep)),
    ...shown.map((result, index) => drawColumn(result, left + index * columnWidth, legendTop)),
    text(8, height - 8, `Database: ${database}`, grey),
  ]);
}

function drawHead(title: string, lines: readonly Line[], y: number): string {
  const named = lines.length > 1 ? lines : []; // one line needs no name beside the title
  return [
    text(8, y + 10, title, `${black} font-weight="600" font-size="10"`),
    ...named.map(({ name, color }, index) => text(8, y + 24 + index * 12, name, `fill="${color}" font-size="10"`)),
  ].join('\n');
}

function drawColumn({ title, series, events }: Result, left: number, legendTop: number): string {
  const area = { x: left + 34, width: columnWidth - 48, seconds: Math.max(1, series.length) };
  const legend = (index: number): number => legendTop + 8 + index * 15;
  return [
    `<g><title>${escapeXml(title)}</title>`,
    text(area.x, 20, title, `font-weight="600" ${black}`),
    ...panels.map(({ lines }, index) => drawPanel(series, lines, { ...area, y: top + index * panelStep })),
    ...events.flatMap((event, index) => {
      const x = area.x + (event.at / area.seconds) * area.width;
      const label = `${index + 1}  ${event.at.toFixed(1)} s  ${event.text}`;
      return [
        `<path d="M${x.toFixed(1)} ${top - 4}V${legendTop - 24}" stroke="#59636e" stroke-dasharray="2 3"/>`,
        text(x, top - 8, String(index + 1), `text-anchor="middle" font-size="9" ${grey}`),
        text(area.x, legend(index), label, `${black} font-size="10"`),
      ];
    }),
    text(area.x, legendTop - 10, '0 s', grey),
    text(area.x + area.width, legendTop - 10, `${area.seconds} s`, `text-anchor="end" ${grey}`),
    '</g>',
  ].join('\n');
}

/** Lines over the same time, from zero to the least round number that none exceeds. */
export function drawPanel(series: readonly Second[], lines: readonly Line[], area: Area): string {
  const { x, y, width, seconds } = area;
  const values = lines.flatMap(({ value }) => series.map(value)).filter((value) => value !== undefined);
  const max = roundUp(Math.max(1, ...values));
  const base = y + panelHeight;
  const paths = lines.map(({ value, color }) => {
    let last = -Infinity;
    const points = series.map((second) => {
      const known = value(second);
      if (known === undefined) return '';
      const command = second.at - last > jitter ? 'M' : 'L';
      last = second.at;
      return `${command}${(x + (second.at / seconds) * width).toFixed(1)} ${(base - (known / max) * panelHeight).toFixed(1)}`;
    });
    return `<path d="${points.join('')}" fill="none" stroke="${color}" stroke-width="1.5"/>`;
  });
  return [
    `<line x1="${x}" x2="${x + width}" y1="${base}" y2="${base}" stroke="#d1d9e0"/>`,
    text(x - 4, y + 8, String(max), `text-anchor="end" font-size="9" ${grey}`),
    text(x - 4, base, '0', `text-anchor="end" font-size="9" ${grey}`),
    ...paths,
  ].join('\n');
}

/** 1, 2 or 5 times a power of ten, at least `value`. */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10) * power;
}
