import { formatTable } from '../../cli/shared/table';
import type { Result } from './result';

/** A result for the terminal: what happened when, how long each part took, and each limit with its source. */
export function table(result: Result): string {
  const { title, events, stages, verdicts, notes = [], taken } = result;
  const parts = [
    `${isPassed(result) ? 'PASSED' : 'FAILED'}  ${title}`,
    events.map(({ at, text }) => `  ${at.toFixed(1).padStart(6)} s  ${text}`).join('\n'),
    stages.length === 0
      ? ''
      : indent(
          formatTable(
            ['stage', 'took'],
            stages.map(({ name, seconds }) => [name, `${seconds.toFixed(1)} s`]),
          ),
        ),
    indent(
      formatTable(
        ['', 'what', 'reached', 'limit', 'its source'],
        verdicts.map((verdict) => [
          verdict.met ? 'ok' : 'FAILS',
          verdict.text,
          verdict.reached,
          verdict.limit,
          verdict.source,
        ]),
      ),
    ),
    [...notes, `Database: ${taken.database}.`].map((note) => `  ${note}`).join('\n'),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** Whether all limits were kept, and there were some. */
export function isPassed({ verdicts }: Pick<Result, 'verdicts'>): boolean {
  return verdicts.length > 0 && verdicts.every(({ met }) => met);
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
