import type { Spread } from '../measure/statistics';
import { rowsOf } from './figures';
import type { Result } from './result';

/** All results as Markdown: one table a scenario, its targets, and where the figures were taken. */
export function table(results: readonly Result[]): string {
  const taken = new Set(
    results.map(
      ({ taken: { machine, database, date } }) => `Taken ${date.slice(0, 10)} on ${machine}. Database: ${database}.`,
    ),
  );
  return [...results.map(section), ...taken].join('\n\n').concat('\n');
}

function section(result: Result): string {
  const repetitions = result.samples[result.reference]?.length ?? 0;
  return [
    `### ${result.title}`,
    '',
    `| ${result.unit}, ${repetitions} repetitions | median | least to most | × ${result.reference} | spread | server's CPU |`,
    '|---|--:|--:|--:|--:|--:|',
    ...rowsOf(result).map(
      ({ contestant, value, ratio, busy }) =>
        `| ${contestant} | ${number(value.median)} | ${range(value, number)} | ${ratio.median.toFixed(2)} | ${range(ratio, (x) => x.toFixed(2))} ` +
        `| ${busy === undefined ? '' : `${Math.round(busy * 100)} %`} |`,
    ),
    '',
    ...(result.note === undefined ? [] : [result.note, '']),
    ...result.targets.map(({ text, reached, met }) => `- ${met ? '✓' : '✗'} ${text}: ${reached}`),
  ].join('\n');
}

function range({ min, max }: Spread, format: (value: number) => string): string {
  return `${format(min)} to ${format(max)}`;
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 });
}
