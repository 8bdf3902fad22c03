import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { findExecutable } from '../../local/executable';
import { root, say } from '../shared/command';
import { fetchRelease } from './fetchRelease';
import { findRelease, type Program, type Release } from './releases';

/** Where programs are put that this project alone uses. Git ignores it. */
export const programFolder = join(root, '.local', 'bin');

/** Puts the project's own programs before all others on PATH, for this process and what it starts. */
export function usePrograms(): void {
  process.env['PATH'] = [programFolder, process.env['PATH'] ?? ''].join(delimiter);
}

/** @throws an Error that names the first of `programs` that is missing. */
export async function requirePrograms(programs: readonly Program[]): Promise<void> {
  usePrograms();
  const [missing] = await findMissing(programs);
  if (missing) throw new Error(`There is no ${missing} on PATH. What is needed, and how to get it: npm run doctor`);
}

/**
 * Fetches those of `programs` that are missing, if the user said so: by `fetch`, or asked on a terminal. What is still missing
 * then is for the preflight to tell.
 */
export async function providePrograms(programs: readonly Program[], { fetch }: { readonly fetch: boolean }): Promise<void> {
  usePrograms();
  for (const program of await findMissing(programs)) {
    const release = findRelease(program, { system: process.platform, architecture: process.arch });
    if (!release) continue;
    if (!fetch && !(await agrees(release))) continue;
    say(`Fetching ${program} ${release.version} from ${release.url}`);
    await fetchRelease(release, programFolder, showProgress);
    say(`\nIts checksum is right. It is in ${programFolder}, for this project alone.`);
  }
}

async function findMissing(programs: readonly Program[]): Promise<Program[]> {
  const found = await Promise.all(programs.map(findExecutable));
  return programs.filter((_, index) => found[index] === undefined);
}

async function agrees({ program, version }: Release): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(`There is no ${program} here. Fetch ${version} into ${programFolder}? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

function showProgress(read: number, total: number | undefined): void {
  if (!process.stdout.isTTY) return;
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
  process.stdout.write(`\r  ${megabytes(read)}${total === undefined ? '' : ` of ${megabytes(total)}`} MB `);
}
