import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../cli/shared/cli';
import type { Mark } from './messages';

/** Written by other commands. It exists only while a dashboard of the stack is open. */
const fileOf = (stack: string): string => join(root, '.local', 'marks', `${stack}.jsonl`);

/** Adds a mark to the time axis of an open dashboard of `stack`: a save of `npm run dev`, or an event of a drill. */
export function recordMark(stack: string, mark: Omit<Mark, 'at'>, at = Date.now()): void {
  if (existsSync(fileOf(stack))) appendFileSync(fileOf(stack), `${JSON.stringify({ at, ...mark })}\n`);
}

/** Accepts marks until `end`. Returns a function that reads them. */
export function followMarks(stack: string, end: AbortSignal): () => Mark[] {
  const file = fileOf(stack);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  end.addEventListener('abort', () => rmSync(file, { force: true }));
  return () => {
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    return lines.slice(0, -1).map((line) => JSON.parse(line) as Mark); // the last line is incomplete or empty
  };
}
