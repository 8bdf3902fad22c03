import { type Row, rowsOf } from './figures';
import type { Result } from './result';

const width = 760;
const labels = 210;
const lineHeight = 22;
const headHeight = 44;

/** Rates as bars, one group a scenario, each relative to its reference, with the least and the most of it. An SVG. */
export function plot(results: readonly Result[]): string {
  const shown = results.filter(({ unit }) => unit.endsWith('/s')); // times and memory are few figures: the table tells them
  let y = 0;
  const groups = shown.map((result) => {
    const drawn = group(result, y);
    y += drawn.height;
    return drawn.svg;
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y + 12}" viewBox="0 0 ${width} ${y + 12}" ` +
    'font-family="system-ui, sans-serif" font-size="13">\n' +
    // Drawn on a ground of its own: README pages are light or dark.
    `<rect width="${width}" height="${y + 12}" rx="8" fill="#fff"/>\n${groups.join('\n')}\n</svg>\n`
  );
}

function group(result: Result, top: number): { readonly svg: string; readonly height: number } {
  const rows = rowsOf(result);
  const most = Math.max(...rows.map(({ ratio }) => ratio.max));
  const x = (ratio: number): number => Math.round(labels + (ratio / most) * (width - labels - 120));
  const height = headHeight + rows.length * lineHeight;
  const base = x(1);
  return {
    height,
    svg: [
      text(16, top + 30, `${result.title} `, 'font-weight="600" fill="#1f2328"'),
      text(width - 16, top + 30, `× ${result.reference}`, 'text-anchor="end" fill="#59636e"'),
      ...rows.map((row, index) => bar(row, top + headHeight + index * lineHeight, x)),
      `<line x1="${base}" x2="${base}" y1="${top + headHeight - 2}" y2="${top + height - 4}" stroke="#1f2328" stroke-dasharray="3 3"/>`,
      ...rows.map((row, index) => figure(row, top + headHeight + index * lineHeight, x)),
    ].join('\n'),
  };
}

function bar({ contestant, ratio }: Row, y: number, x: (ratio: number) => number): string {
  const middle = y + 8;
  return [
    text(labels - 8, y + 13, contestant, 'text-anchor="end" fill="#1f2328"'),
    `<rect x="${labels}" y="${y}" width="${x(ratio.median) - labels}" height="16" rx="2" ` +
      `fill="${contestant.startsWith('ours') ? '#1a7f37' : '#afb8c1'}"/>`,
    `<line x1="${x(ratio.min)}" x2="${x(ratio.max)}" y1="${middle}" y2="${middle}" stroke="#1f2328"/>`,
  ].join('\n');
}

/** Drawn last, with a white rim: it may stand on the line of the reference. */
function figure({ ratio }: Row, y: number, x: (ratio: number) => number): string {
  const rim = 'stroke="#fff" stroke-width="5" paint-order="stroke"';
  return text(x(ratio.max) + 8, y + 13, ratio.median.toFixed(2), `fill="#1f2328" ${rim}`);
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x}" y="${y}" ${attributes}>${content.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</text>`;
}
