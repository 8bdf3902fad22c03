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
  const os = { linux: 'linux', darwin: 'darwin', win32: 'windows' }[system as string];
  const processor = { x64: 'amd64', arm64: 'arm64' }[architecture];
  if (os === undefined || processor === undefined) return undefined;
  const windows = os === 'windows';
  if (program === 'pulumi') {
    const folder = `${base}/pulumi/pulumi/releases/download/v${version}`;
    const url = `${folder}/pulumi-v${version}-${os}-${architecture}.${windows ? 'zip' : 'tar.gz'}`;
    return { program, version, url, checksumUrl: `${folder}/pulumi-${version}-checksums.txt`, strip: windows ? 2 : 1 };
  }
  if (windows && processor === 'arm64') return undefined;
  const file = `minikube-${os}-${processor}${windows ? '.exe' : ''}`;
  const url = `${base}/kubernetes/minikube/releases/download/v${version}/${file}`;
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
    if (found !== published)
      throw new Error(`the SHA-256 of ${url} is ${found}, but the published one is ${published ?? 'missing'}`);
    const unpacked = await mkdtemp(join(scratch, 'unpacked-'));
    if (strip === undefined) {
      await chmod(file, 0o755);
      await rename(file, join(unpacked, program + extname(url)));
    } else await execa('tar', ['-xf', file, '-C', unpacked, `--strip-components=${strip}`]); // reads zip too, on Windows
    for (const name of await readdir(unpacked)) await rename(join(unpacked, name), join(folder, name));
  } catch (error) {
    const { message, cause } = error as Error; // `fetch` has its reason there
    const why = cause instanceof Error ? `${message} (${cause.message})` : message;
    const install =
      strip === undefined
        ? `save it as ${folder}/${program}${extname(url)}, executable.`
        : `unpack it: tar -xf ${basename(url)} -C ${folder} --strip-components ${strip}`;
    throw new Error(
      `${program} ${version} was not installed: ${why}.\nTry again: npm run up -- --fetch. Or download it on another machine:\n` +
        `  ${url}\nCompare its SHA-256 with ${checksumUrl}, and ${install}`,
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
