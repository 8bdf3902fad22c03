import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';

/** The releases that `--fetch` downloads, and that were tested. */
const pins = { minikube: '1.38.1', pulumi: '3.259.0' } as const;

export type Program = keyof typeof pins;

/** A release of a program. */
export type Release = NonNullable<ReturnType<typeof findRelease>>;

/**
 * The release of `program` for a platform, named as in Node; `undefined` if there is none.
 * @param base replaces https://github.com
 */
export function findRelease(
  program: Program,
  { system, architecture }: { readonly system: NodeJS.Platform; readonly architecture: string },
  base = 'https://github.com',
) {
  const os = { linux: 'linux', darwin: 'darwin', win32: 'windows' }[system as string];
  const windows = os === 'windows';
  if (os === undefined || !['x64', 'arm64'].includes(architecture)) return undefined;
  if (windows && program === 'minikube' && architecture === 'arm64') return undefined;
  const version = pins[program];
  const folder = `${base}/${program === 'minikube' ? 'kubernetes' : 'pulumi'}/${program}/releases/download/v${version}`;
  const url =
    program === 'minikube'
      ? `${folder}/minikube-${os}-${architecture === 'x64' ? 'amd64' : 'arm64'}${windows ? '.exe' : ''}`
      : `${folder}/pulumi-v${version}-${os}-${architecture}.${windows ? 'zip' : 'tar.gz'}`;
  return {
    program,
    version,
    url,
    /** The publisher's file with the SHA-256 of the file at `url`. */
    checksumUrl: program === 'minikube' ? `${url}.sha256` : `${folder}/pulumi-${version}-checksums.txt`,
    /** Folders in the archive above the programs, as in pulumi/pulumi and pulumi/bin/pulumi.exe; `undefined` for a bare program. */
    strip: program === 'minikube' ? undefined : windows ? 2 : 1,
  };
}

/**
 * Downloads `release` into `folder`, which is created if necessary. Nothing is installed unless the checksum matches.
 * @param progress receives the bytes read so far, and the total if the server sends it
 * @throws an Error with instructions for a manual installation.
 */
export async function fetchRelease(
  release: Release,
  folder: string,
  progress: (read: number, total: number | undefined) => void,
): Promise<void> {
  const { program, version, url, checksumUrl, strip } = release;
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, 'fetch-')); // on the same disk: a rename is atomic
  try {
    const file = join(scratch, basename(new URL(url).pathname));
    const published = checksumOf(await (await get(checksumUrl)).text(), basename(file));
    const found = await download(url, file, progress);
    if (found !== published) {
      throw new Error(
        `the SHA-256 of ${url} is ${found}, but the published one is ${published ?? 'missing'}. Nothing was installed`,
      );
    }
    const unpacked = await mkdtemp(join(scratch, 'unpacked-'));
    if (strip === undefined) {
      await chmod(file, 0o755);
      await rename(file, join(unpacked, program + extname(file)));
    } else await execa('tar', ['-xf', file, '-C', unpacked, `--strip-components=${strip}`]); // reads zip too, on Windows
    for (const name of await readdir(unpacked)) await rename(join(unpacked, name), join(folder, name));
  } catch (error) {
    const { message, cause } = error as Error; // `fetch` has its reason there
    const why = cause instanceof Error ? `${message} (${cause.message})` : message;
    throw new Error(`${program} ${version} was not fetched: ${why}.\n${nextStep(why, release, folder)}`);
  } finally {
    await rm(scratch, { recursive: true });
  }
}

async function get(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} returned ${response.status}`);
  return response;
}

/** Downloads `url` to `file`. Returns its SHA-256. */
async function download(url: string, file: string, progress: Parameters<typeof fetchRelease>[2]): Promise<string> {
  const { body, headers } = await get(url);
  if (!body) throw new Error(`${url} is empty`);
  const total = Number(headers.get('Content-Length')) || undefined;
  const hash = createHash('sha256');
  let read = 0;
  const meter = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      progress((read += chunk.length), total);
      yield chunk;
    }
  };
  await pipeline(body, meter, createWriteStream(file));
  return hash.digest('hex');
}

/** The SHA-256 of `file` in a list of lines `SUM  FILE`, or the only sum in the text. */
export function checksumOf(text: string, file: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+\*?/));
  const sum = lines.find(([, name]) => name === file)?.[0] ?? /^\S+$/.exec(text.trim())?.[0];
  return sum?.toLowerCase();
}

function nextStep(why: string, release: Release, folder: string): string {
  if (/no space left/i.test(why)) return `Free space on the disk of ${folder}, then: npm run up -- --fetch`; // a message of Node and tar
  if (/SHA-256/.test(why))
    return 'Try again: npm run up -- --fetch. If it happens again, something such as a proxy changes the file';
  return describeByHand(release, folder);
}

/** How to install the release manually if it can't be downloaded. */
export function describeByHand({ program, url, checksumUrl, strip }: Release, folder: string): string {
  const file = `${folder}/${program}`;
  const steps = url.endsWith('.exe')
    ? `as ${file}.exe`
    : strip === undefined
      ? `as ${file}, then: chmod +x ${file}`
      : `unpacked, with all programs directly in ${folder}: tar -xf ${basename(url)} -C ${folder} --strip-components ${strip}`;
  return (
    `To install it manually, download this file on another machine:\n  ${url}\n` +
    `compare its SHA-256 with\n  ${checksumUrl}\nand save it here, ${steps}`
  );
}
