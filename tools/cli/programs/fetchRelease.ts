import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { describeByHand, type Release } from './releases';

/** Bytes read so far, and all; `total` is undefined if the server did not say. */
export type Progress = (read: number, total: number | undefined) => void;

/**
 * Downloads `release` into `folder`, made if absent. Nothing is there before its checksum was found right.
 * @throws an Error with what to do by hand.
 */
export async function fetchRelease(release: Release, folder: string, progress: Progress): Promise<void> {
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, 'fetch-')); // beside its place: a rename is whole or not at all
  try {
    const file = join(scratch, basename(new URL(release.url).pathname));
    const published = checksumOf(await (await get(release.checksumUrl)).text(), basename(file));
    const found = await download(release.url, file, progress);
    if (found !== published) {
      throw new Error(
        `the SHA-256 of ${release.url} is ${found}, and its publisher says ${published ?? 'none'}. Nothing was installed`,
      );
    }
    for (const program of await unpack(release, file)) await rename(program, join(folder, basename(program)));
  } catch (error) {
    const why = reason(error);
    throw new Error(
      `${release.program} ${release.version} was not fetched: ${why}.\n${nextStep(why, release, folder)}`,
    );
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** Makes the programs of the downloaded `file`, beside it. Returns their paths. A disk that is full shows here, or before. */
async function unpack({ program, strip }: Release, file: string): Promise<string[]> {
  const unpacked = await mkdtemp(join(dirname(file), 'unpacked-'));
  if (strip === undefined) {
    await chmod(file, 0o755);
    await rename(file, join(unpacked, program + extname(file)));
  } else {
    await promisify(execFile)('tar', ['-xf', file, '-C', unpacked, `--strip-components=${strip}`]); // reads zip too, on Windows
  }
  return (await readdir(unpacked)).map((name) => join(unpacked, name));
}

/** The SHA-256 of `file` in a list of lines `SUM  FILE`, or in a file that holds one sum alone. */
export function checksumOf(text: string, file: string): string | undefined {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+\*?/));
  const line =
    lines.find(([, name]) => name === file) ?? (lines.length === 1 && lines[0]?.length === 1 ? lines[0] : undefined);
  return line?.[0]?.toLowerCase();
}

async function get(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response;
}

/** Writes what `url` has to `file`. Returns its SHA-256. */
async function download(url: string, file: string, progress: Progress): Promise<string> {
  const response = await get(url);
  if (!response.body) throw new Error(`${url} has nothing in it`);
  const total = Number(response.headers.get('Content-Length')) || undefined;
  const hash = createHash('sha256');
  let read = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      progress((read += chunk.length), total);
      done(null, chunk);
    },
  });
  await pipeline(response.body, meter, createWriteStream(file));
  return hash.digest('hex');
}

function nextStep(why: string, release: Release, folder: string): string {
  if (/no space left/i.test(why)) return `Make room on the disk of ${folder}, then: npm run up -- --fetch`; // Node's words, and tar's
  if (/SHA-256/.test(why))
    return 'Once more: npm run up -- --fetch. If it stays so, something on the way changes the file, such as a proxy';
  return describeByHand(release, folder);
}

/** `fetch` says no more than that it failed; why is in the cause. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
