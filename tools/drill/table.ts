import { formatTable } from '../cli/shared/cli';
import type { Result } from './result';

/** A result for the terminal: what happened when, how long each part took, and each limit with its source. */
export function table(result: Result): string {
  const { title, events, stages, verdicts, notes = [], taken } = result;
  const stageRows = stages.map(({ name, seconds }) => [name, `${seconds.toFixed(1)} s`]);
  const verdictRows = verdicts.map(({ met, text, reached, limit, source }) => [
    met ? 'ok' : 'FAILS',
    text,
    reached,
    limit,
    source,
  ]);
  const parts = [
    events.map(({ at, text }) => `${at.toFixed(1).padStart(6)} s  ${text}`).join('\n'),
    stages.length === 0 ? '' : formatTable(['stage', 'took'], stageRows),
    formatTable(['', 'what', 'reached', 'limit', 'its source'], verdictRows),
    [...notes, `Database: ${taken.database}.`].join('\n'),
  ];
  const heading = `${isPassed(result) ? 'PASSED' : 'FAILED'}  ${title}`;
  return [heading, ...parts.filter((part) => part !== '').map((part) => part.replace(/^/gm, '  '))].join('\n\n');
}

/** Whether there were limits, and all were kept. */
export function isPassed({ verdicts }: Pick<Result, 'verdicts'>): boolean {
  return verdicts.length > 0 && verdicts.every(({ met }) => met);
}
