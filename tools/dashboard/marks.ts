import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../cli/shared/cli';
import type { EventRow } from './messages';

/** Other commands write to this file what they do. It exists while a dashboard of the stack is open, and only then. */
const fileOf = (stack: string): string => join(root, '.local', 'marks', `${stack}.jsonl`);
const pollMs = 300;

/** Puts a mark on the time axis of the dashboard of `stack`, if one is open: a save of `npm run dev`, or an event of a drill. */
export function recordMark(stack: string, mark: Omit<EventRow, 'at'>, at = Date.now()): void {
  if (existsSync(fileOf(stack))) appendFileSync(fileOf(stack), `${JSON.stringify({ at, ...mark })}\n`);
}

/** Calls `see` with all marks from now on, whenever there are more, until `end`. */
export function followMarks(stack: string, see: (marks: EventRow[]) => void, end: AbortSignal): void {
  const file = fileOf(stack);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  let length = 0;
  const timer = setInterval(() => {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (text.length === length || !text.endsWith('\n')) return;
    length = text.length;
    see(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as EventRow),
    );
  }, pollMs);
  end.addEventListener('abort', () => {
    clearInterval(timer);
    rmSync(file, { force: true });
  });
}
