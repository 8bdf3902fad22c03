import { once } from 'node:events';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import which from 'which';
import { isAtLeast } from '../../../stack/preflight/check';
import { readVersion } from '../../../stack/preflight/facts';
import { leastVersions } from '../../../stack/preflight/machineChecks';
import { root } from '../shared/cli';
import { fetchRelease, findRelease, type Program, type Release } from './release';

/** Programs for this project only. Git ignores it. */
const programFolder = join(root, '.local', 'bin');

/** Puts the project's own programs first on PATH, for this process and its children. */
export function usePrograms(folder = programFolder): void {
  process.env.PATH = [folder, process.env.PATH ?? ''].join(delimiter);
}

/** @throws an Error that names the first of `programs` that is missing. */
export async function requirePrograms(programs: readonly Program[]): Promise<void> {
  usePrograms();
  for (const program of programs) {
    if (await which(program, { nothrow: true })) continue;
    throw new Error(`There is no ${program} on PATH. To see requirements and how to install them: npm run doctor`);
  }
}

interface Terminal {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/**
 * Downloads the `programs` that are missing, too old, or in `folder` with another version than the pinned one, if `fetch` is set or the
 * user confirms it on a terminal. The preflight reports what is still missing.
 * @param host publishes the releases. Default: https://github.com
 */
export async function providePrograms(
  programs: readonly Program[],
  options: { readonly fetch: boolean; readonly host?: string; readonly folder?: string; readonly terminal?: Terminal },
): Promise<void> {
  const { fetch, host, folder = programFolder, terminal = process } = options;
  usePrograms(folder);
  const { stdin, stdout } = terminal;
  if (!fetch && !(stdin.isTTY && stdout.isTTY)) return;
  for (const program of programs) {
    const release = findRelease(program, { system: process.platform, architecture: process.arch }, host);
    const reason = release && (await reasonToFetch(release, folder));
    if (!release || reason === undefined) continue;
    if (!fetch && !(await agrees(`${reason}. Download ${release.version} to ${folder}?`, terminal))) continue;
    stdout.write(`Downloading ${program} ${release.version} from ${release.url}\n`);
    await fetchRelease(release, folder, stdout);
    stdout.write(`The checksum matches. Installed in ${folder}, for this project only.\n`);
  }
}

async function reasonToFetch({ program, version }: Release, folder: string): Promise<string | undefined> {
  const path = await which(program, { nothrow: true });
  if (!path) return `${program} is not installed`;
  const found = (await readVersion(program)) ?? '?';
  if (dirname(path) === folder) return found === version ? undefined : `${path} is ${found}, not ${version}`;
  const least = leastVersions[program];
  return isAtLeast(found, least) ? undefined : `${path} is ${found}, and ${least} or later is needed`;
}

/** Asks the user a yes/no question on a terminal. */
export async function agrees(question: string, { stdin, stdout }: Terminal = process): Promise<boolean> {
  const terminal = createInterface({ input: stdin, output: stdout });
  const closed = once(terminal, 'close').then(() => 'no'); // Ctrl-C, Ctrl-D
  const answer = await Promise.race([terminal.question(`${question} [y/N] `), closed]);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
