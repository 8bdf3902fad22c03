import { ratios, type Samples, type Spread, spread, type Verdict, valuesOf } from './scenario';

/** One scenario as it was measured: what is saved. */
export interface Result {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly reference?: string;
  readonly note?: string;
  readonly samples: Samples;
  readonly targets: readonly Verdict[];
  /** When, on what, with which database. */
  readonly taken: { readonly date: string; readonly machine: string; readonly database: string };
}

/** All results as Markdown: for each scenario a table and its targets, then where the figures were taken. */
export function table(results: readonly Result[]): string {
  const taken = results.map(
    ({ taken: { machine, database, date } }) => `Taken ${date.slice(0, 10)} on ${machine}. Database: ${database}.`,
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
    ...[head, ['---', ...head.slice(1).map(() => '--:')], ...rows].map((cells) => `| ${cells.join(' | ')} |`),
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
