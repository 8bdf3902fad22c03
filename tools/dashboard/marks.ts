import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../cli/shared/cli';
import type { EventRow } from './messages';

/** Commands write what they do to this file while a dashboard of the stack is open, which is why it exists only then. */
const fileOf = (stack: string): string => join(root, '.local', 'marks', `${stack}.jsonl`);

/** Marks `text`, such as a save or an event of a drill, on the time axis of the dashboard of `stack`, if one is open. */
export function recordMark(stack: string, reason: string, text: string, at = Date.now()): void {
  const mark: EventRow = { at, type: 'Mark', reason, object: '', text };
  if (existsSync(fileOf(stack))) appendFileSync(fileOf(stack), `${JSON.stringify(mark)}\n`);
}

/** Calls `see` with each mark from now on. Returns a function that ends it. */
export function followMarks(stack: string, see: (mark: EventRow) => void): () => void {
  const file = fileOf(stack);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  let seen = 0;
  const timer = setInterval(() => {
    if (!existsSync(file)) return; // another dashboard of the stack has ended
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    if (lines.length < seen) seen = 0; // another one has begun
    for (const line of lines.slice(seen)) see(JSON.parse(line) as EventRow);
    seen = lines.length;
  }, 500);
  return () => {
    clearInterval(timer);
    rmSync(file, { force: true });
  };
}
