import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { findExecutable } from '../../database/executable';
import { root } from '../shared/cli';
import { fetchRelease } from './fetchRelease';
import { findRelease, type Program, type Release } from './releases';

/** Where programs are put that this project alone uses. Git ignores it. */
export const programFolder = join(root, '.local', 'bin');

/** Puts the project's own programs before all others on PATH, for this process and what it starts. */
export function usePrograms(folder = programFolder): void {
  process.env.PATH = [folder, process.env.PATH ?? ''].join(delimiter);
}

/** @throws an Error that names the first of `programs` that is missing. */
export async function requirePrograms(programs: readonly Program[]): Promise<void> {
  usePrograms();
  const [missing] = await findMissing(programs);
  if (missing) throw new Error(`There is no ${missing} on PATH. What is needed, and how to get it: npm run doctor`);
}

export interface ProvideOptions {
  /** Whether the user said on the command line that they may be fetched. */
  readonly fetch: boolean;
  /** Where releases are published; https://github.com if undefined. */
  readonly host?: string;
  /** Default: `programFolder`. */
  readonly folder?: string;
  /** Where the user is asked and told; that of this process if undefined. */
  readonly terminal?: Terminal;
}

interface Terminal {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/**
 * Fetches those of `programs` that are missing, if the user said so: by `fetch`, or asked on a terminal. What is still missing
 * then is for the preflight to tell.
 */
export async function providePrograms(
  programs: readonly Program[],
  { fetch, host, folder = programFolder, terminal = process }: ProvideOptions,
): Promise<void> {
  usePrograms(folder);
  const { stdout } = terminal;
  for (const program of await findMissing(programs)) {
    const release = findRelease(program, { system: process.platform, architecture: process.arch }, host);
    if (!release) continue;
    if (!fetch && !(await agrees(release, folder, terminal))) continue;
    stdout.write(`Fetching ${program} ${release.version} from ${release.url}\n`);
    await fetchRelease(release, folder, (read, total) => {
      if (stdout.isTTY)
        stdout.write(`\r  ${megabytes(read)}${total === undefined ? '' : ` of ${megabytes(total)}`} MB `);
    }).finally(() => {
      if (stdout.isTTY) stdout.write('\n');
    });
    stdout.write(`Its checksum is right. It is in ${folder}, for this project alone.\n`);
  }
}

async function findMissing(programs: readonly Program[]): Promise<Program[]> {
  const found = await Promise.all(programs.map(findExecutable));
  return programs.filter((_, index) => found[index] === undefined);
}

async function agrees({ program, version }: Release, folder: string, { stdin, stdout }: Terminal): Promise<boolean> {
  if (!stdin.isTTY || !stdout.isTTY) return false;
  const terminal = createInterface({ input: stdin, output: stdout });
  try {
    const question = terminal.question(`There is no ${program} here. Fetch ${version} into ${folder}? [y/N] `);
    const answer = await Promise.race([question, once(terminal, 'close').then(() => 'no')]); // Ctrl-C, Ctrl-D
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
