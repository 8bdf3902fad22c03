import { markdownTable, svg, svgText } from '../report';
import { type Result, ratios, type Samples, type Spread, spread, valuesOf } from './scenario';

/** Markdown: a table and the targets of each scenario, then date, machine and database. */
export function table(results: readonly Result[]): string {
  const taken = results.map(
    ({ taken: { machine, database, date } }) => `Measured ${date.slice(0, 10)} on ${machine}. Database: ${database}.`,
  );
  return [...results.map(section), ...new Set(taken)].join('\n\n');
}

function section({ title, unit, reference, note, samples, targets }: Result): string {
  const rows = Object.entries(samples).map(([contestant, taken]) => {
    const value = valuesOf(samples, contestant);
    const ratio = reference === undefined ? [] : [ratios(samples, contestant, reference)];
    const busy = taken.flatMap((sample) => sample.busy ?? []);
    const cost = taken.flatMap((sample) => (sample.busy === undefined ? [] : (sample.busy / sample.value) * 1e6));
    return [
      contestant,
      number(value.median),
      range(value, number),
      ...ratio.flatMap((spread) => [spread.median.toFixed(2), range(spread, (x) => x.toFixed(2))]),
      ...(busy.length === 0
        ? ['', '']
        : [`${Math.round(spread(busy).median * 100)} %`, spread(cost).median.toFixed(1)]),
    ];
  });
  const repetitions = Object.values(samples)[0]?.length ?? 0;
  const relative = reference === undefined ? [] : [`× ${reference}`, 'min to max'];
  const head = [`${unit}, ${repetitions} repetitions`, 'median', 'min to max', ...relative, "server's CPU", 'µs each'];
  return [
    `### ${title}\n`,
    markdownTable(head, rows),
    '',
    ...(note === undefined ? [] : [`${note}\n`]),
    ...targets.map(({ text, reached, met }) => `- ${met ? '✓' : '✗'} ${text}: ${reached}`),
  ].join('\n');
}

function range({ min, max }: Spread, format: (value: number) => string): string {
  return `${format(min)} to ${format(max)}`;
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 });
}

const width = 760;
const labels = 210;
const lineHeight = 22;
const headHeight = 44;

/** An SVG of the rates as bars relative to the reference of their scenario, with minimum and maximum. */
export function plot(results: readonly Result[]): string {
  let y = 0;
  const groups = results
    .filter(({ unit }) => unit.endsWith('/s')) // for times and memory, the table is enough
    .map(({ title, reference = '', samples }) => {
      const top = y;
      y += headHeight + Object.keys(samples).length * lineHeight;
      return group(title, reference, samples, top);
    });
  return svg(width, y + 12, groups);
}

function group(title: string, reference: string, samples: Samples, top: number): string {
  const rows = Object.keys(samples).map((contestant, index) => ({
    contestant,
    ratio: ratios(samples, contestant, reference),
    y: top + headHeight + index * lineHeight,
  }));
  const most = Math.max(...rows.map(({ ratio }) => ratio.max));
  const x = (ratio: number): number => Math.round(labels + (ratio / most) * (width - labels - 120));
  const bottom = top + headHeight + rows.length * lineHeight;
  return [
    svgText(16, top + 30, title, 'font-weight="600" fill="#1f2328"'),
    svgText(width - 16, top + 30, `× ${reference}`, 'text-anchor="end" fill="#59636e"'),
    ...rows.map(({ contestant, ratio, y }) =>
      [
        svgText(labels - 8, y + 13, contestant, 'text-anchor="end" fill="#1f2328"'),
        `<rect x="${labels}" y="${y}" width="${x(ratio.median) - labels}" height="16" rx="2" ` +
          `fill="${contestant === 'ours' ? '#1a7f37' : '#afb8c1'}"/>`,
        `<line x1="${x(ratio.min)}" x2="${x(ratio.max)}" y1="${y + 8}" y2="${y + 8}" stroke="#1f2328"/>`,
      ].join('\n'),
    ),
    `<line x1="${x(1)}" x2="${x(1)}" y1="${top + headHeight - 2}" y2="${bottom - 4}" stroke="#1f2328" stroke-dasharray="3 3"/>`,
    // Drawn last, with a white outline: a figure may cross the line of the reference.
    ...rows.map(({ ratio, y }) => {
      const outline = 'stroke="#fff" stroke-width="5" paint-order="stroke"';
      return svgText(x(ratio.max) + 8, y + 13, ratio.median.toFixed(2), `fill="#1f2328" ${outline}`);
    }),
  ].join('\n');
}
