import { drawPanel, type Line, panelHeight } from './panel';
import type { Result } from './result';
import { escapeXml, text } from './svg';

const columnWidth = 340;
const left = 64;
const top = 52;
const gap = 14;

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

/** The drills that had load on them, one a column, over time: pods, CPU, answers, latency, failures, and the events. An SVG. */
export function plot(results: readonly Result[]): string {
  const shown = results.filter(({ series }) => series.some(({ answered = 0 }) => answered > 0));
  const legendTop = top + panels.length * (panelHeight + gap) + 24;
  const legendLines = Math.max(0, ...shown.map(({ events }) => events.length));
  const width = left + shown.length * columnWidth;
  const height = legendTop + legendLines * 15 + 30;
  const database = [...new Set(shown.map(({ taken }) => taken.database))].join('; ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
      'font-family="system-ui, sans-serif" font-size="11">',
    // Drawn on a ground of its own: README pages are light or dark.
    `<rect width="${width}" height="${height}" rx="8" fill="#fff"/>`,
    ...panels.map(({ title, lines }, index) => panelHead(title, lines, top + index * (panelHeight + gap))),
    ...shown.map((result, index) => drawColumn(result, left + index * columnWidth, legendTop)),
    text(8, height - 8, `Database: ${database}`, 'fill="#59636e"'),
    '</svg>',
    '',
  ].join('\n');
}

function panelHead(title: string, lines: readonly Line[], y: number): string {
  return [
    text(8, y + 10, title, 'fill="#1f2328" font-weight="600" font-size="10"'),
    ...lines
      .slice(lines.length > 1 ? 0 : 1) // one line needs no name beside the title's
      .map(({ name, color }, index) => text(8, y + 24 + index * 12, name, `fill="${color}" font-size="10"`)),
  ].join('\n');
}

function drawColumn(result: Result, x: number, legendTop: number): string {
  const { title, series, events } = result;
  const area = { x: x + 34, width: columnWidth - 48, seconds: Math.max(1, series.length) };
  const at = (seconds: number): number => area.x + (seconds / area.seconds) * area.width;
  return [
    `<g><title>${escapeXml(title)}</title>`,
    text(area.x, 20, title, 'font-weight="600" fill="#1f2328"'),
    ...panels.map(({ lines }, index) => drawPanel(series, lines, { ...area, y: top + index * (panelHeight + gap) })),
    ...events.map(
      (event, index) =>
        `<line x1="${at(event.at).toFixed(1)}" x2="${at(event.at).toFixed(1)}" y1="${top - 4}" ` +
        `y2="${legendTop - 24}" stroke="#59636e" stroke-dasharray="2 3"/>\n` +
        text(at(event.at), top - 8, String(index + 1), 'text-anchor="middle" fill="#59636e" font-size="9"'),
    ),
    text(area.x, legendTop - 10, '0 s', 'fill="#59636e"'),
    text(area.x + area.width, legendTop - 10, `${area.seconds} s`, 'text-anchor="end" fill="#59636e"'),
    ...events.map((event, index) =>
      text(
        area.x,
        legendTop + 8 + index * 15,
        `${index + 1}  ${event.at.toFixed(1)} s  ${event.text}`,
        'fill="#1f2328" font-size="10"',
      ),
    ),
    '</g>',
  ].join('\n');
}
