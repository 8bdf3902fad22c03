import { type Result, ratios, type Spread, spread, valuesOf } from './scenario';

/** Markdown: a table, a chart and the targets of each scenario, then date, machine and database. */
export function table(results: readonly Result[]): string {
  const taken = results.map(
    ({ taken: { machine, database, date } }) => `Measured ${date.slice(0, 10)} on ${machine}. Database: ${database}.`,
  );
  return [...results.map(section), ...new Set(taken)].join('\n\n');
}

function section(result: Result): string {
  const { title, unit, reference, note, samples, targets } = result;
  const rows = Object.entries(samples).map(([contestant, taken]) => {
    const value = valuesOf(samples, contestant);
    const ratio = reference === undefined ? [] : [ratios(samples, contestant, reference)];
    const costs = taken.flatMap(({ cpuMicros }) => cpuMicros ?? []);
    return [
      contestant,
      number(value.median),
      range(value, number),
      ...ratio.flatMap((spread) => [spread.median.toFixed(2), range(spread, (x) => x.toFixed(2))]),
      costs.length > 0 ? spread(costs).median.toFixed(1) : '',
    ];
  });
  const repetitions = Object.values(samples)[0]?.length ?? 0;
  const relative = reference === undefined ? [] : [`× ${reference}`, 'min to max'];
  const head = [`${unit}, ${repetitions} repetitions`, 'median', 'min to max', ...relative, 'CPU, µs each'];
  return [
    `### ${title}\n`,
    markdownTable(head, rows),
    '',
    ...chart(result),
    ...(note === undefined ? [] : [`${note}\n`]),
    ...targets.map(({ text, reached, met }) => `- ${met ? '✓' : '✗'} ${text}: ${reached}`),
  ].join('\n');
}

/** A Markdown table, all columns but the first aligned right. */
function markdownTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heading, heading.map((_, column) => (column === 0 ? '---' : '--:')), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function range({ min, max }: Spread, format: (value: number) => string): string {
  return `${format(min)} to ${format(max)}`;
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 });
}

/** The median ratios of rates as a Mermaid bar chart, which GitHub draws. For times and memory, the table is enough. */
function chart({ title, unit, reference, samples }: Result): string[] {
  if (reference === undefined || !unit.endsWith('/s')) return [];
  const bars = Object.keys(samples).map((name) => ({ name, ratio: ratios(samples, name, reference).median }));
  return [
    '```mermaid',
    'xychart-beta horizontal',
    `  title "${title}: median × ${reference}"`,
    `  x-axis [${bars.map(({ name }) => `"${name}"`).join(', ')}]`,
    `  y-axis 0 --> ${Math.max(...bars.map(({ ratio }) => ratio)).toFixed(2)}`,
    `  bar [${bars.map(({ ratio }) => ratio.toFixed(2)).join(', ')}]`,
    '```\n',
  ];
}
