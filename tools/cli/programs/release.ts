import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { mebibytes, meter } from '../shared/progress';

/** The releases that `--fetch` downloads, and that were tested. */
const pins = { minikube: '1.38.1', pulumi: '3.259.0' } as const;

export type Program = keyof typeof pins;

/** A release of a program. */
export interface Release {
  readonly program: Program;
  readonly version: string;
  readonly url: string;
  /** The publisher's file with the SHA-256 of the file at `url`. */
  readonly checksumUrl: string;
  /** Folders in the archive above the programs, as in pulumi/pulumi and pulumi/bin/pulumi.exe; `undefined` for a bare program. */
  readonly strip: number | undefined;
}

/**
 * The release of `program` for a platform, named as in Node; `undefined` if there is none.
 * @param base replaces https://github.com
 */
export function findRelease(
  program: Program,
  { system, architecture }: { readonly system: NodeJS.Platform; readonly architecture: string },
  base = 'https://github.com',
): Release | undefined {
  const version = pins[program];
  const windows = system === 'win32';
  const os = { linux: 'linux', darwin: 'darwin', win32: 'windows' }[system as string];
  if (os === undefined || !['x64', 'arm64'].includes(architecture)) return undefined;
  const folder = (repository: string): string => `${base}/${repository}/releases/download/v${version}`;
  if (program === 'pulumi') {
    const file = `pulumi-v${version}-${os}-${architecture}.${windows ? 'zip' : 'tar.gz'}`;
    const checksumUrl = `${folder('pulumi/pulumi')}/pulumi-${version}-checksums.txt`;
    return { program, version, url: `${folder('pulumi/pulumi')}/${file}`, checksumUrl, strip: windows ? 2 : 1 };
  }
  if (windows && architecture === 'arm64') return undefined;
  const file = `minikube-${os}-${architecture === 'x64' ? 'amd64' : 'arm64'}${windows ? '.exe' : ''}`;
  const url = `${folder('kubernetes/minikube')}/${file}`;
  return { program, version, url, checksumUrl: `${url}.sha256`, strip: undefined };
}

/**
 * Downloads `release` into `folder`, which is created if necessary. Nothing is installed unless the checksum matches.
 * @param terminal shows the progress
 * @throws an Error with instructions for a manual installation.
 */
export async function fetchRelease(
  release: Release,
  folder: string,
  terminal: NodeJS.WritableStream & { readonly isTTY?: boolean },
): Promise<void> {
  const { program, version, url, checksumUrl, strip } = release;
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, 'fetch-')); // on the same disk: a rename is atomic
  const file = join(scratch, basename(url));
  try {
    const published = checksumOf(await (await get(checksumUrl)).text(), basename(url));
    const { body, headers } = await get(url);
    const size = Number(headers.get('Content-Length')); // 0 if unknown
    const hash = createHash('sha256');
    const progress = meter(
      () => (size > 0 ? `of ${mebibytes(size)}` : ''),
      (part) => hash.update(part),
      terminal,
    );
    await pipeline(body ?? [], progress, createWriteStream(file));
    const found = hash.digest('hex');
    if (found !== published) {
      throw new Error(
        `the SHA-256 of ${url} is ${found}, but the published one is ${published ?? 'missing'}. ` +
          'Nothing was installed. If it happens again, something such as a proxy changes the file',
      );
    }
    const unpacked = await mkdtemp(join(scratch, 'unpacked-'));
    if (strip === undefined) {
      await chmod(file, 0o755);
      await rename(file, join(unpacked, program + extname(url)));
    } else await execa('tar', ['-xf', file, '-C', unpacked, `--strip-components=${strip}`]); // reads zip too, on Windows
    for (const name of await readdir(unpacked)) await rename(join(unpacked, name), join(folder, name));
  } catch (error) {
    const { message, cause } = error as Error; // `fetch` has its reason there
    const why = cause instanceof Error ? `${message} (${cause.message})` : message;
    throw new Error(
      `${program} ${version} was not fetched: ${why}.\nTry again: npm run up -- --fetch. ${describeByHand(release, folder)}`,
    );
  } finally {
    await rm(scratch, { recursive: true });
  }
}

async function get(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} returned ${response.status}`);
  return response;
}

/** The SHA-256 of `file` in a list of lines `SUM  FILE`, or the only sum in the text. */
export function checksumOf(text: string, file: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+\*?/));
  const sum = lines.find(([, name]) => name === file)?.[0] ?? /^\S+$/.exec(text.trim())?.[0];
  return sum?.toLowerCase();
}

/** How to install the release manually if it can't be downloaded. */
export function describeByHand({ program, url, checksumUrl, strip }: Release, folder: string): string {
  const install =
    strip === undefined
      ? `save it as ${folder}/${program}${extname(url)}, executable.`
      : `unpack it: tar -xf ${basename(url)} -C ${folder} --strip-components ${strip}`;
  return `Or download it on another machine:\n  ${url}\nCompare its SHA-256 with ${checksumUrl}, and ${install}`;
}
