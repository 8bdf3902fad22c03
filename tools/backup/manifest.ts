import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { ArchiveContents } from './archive';
import { mebibytes } from './progress';

/** What is in FILE.json beside a backup FILE. */
export interface Manifest extends ArchiveContents {
  readonly format: 'mongodump --archive --gzip';
  readonly date: string;
  /** Version of the MongoDB that the documents are from. */
  readonly mongodb: string;
  /** Name of their database. */
  readonly database: string;
  /** Of the file. */
  readonly bytes: number;
  readonly sha256: string;
}

export function manifestFile(file: string): string {
  return `${file}.json`;
}

export function countDocuments({ collections }: ArchiveContents): number {
  return Object.values(collections).reduce((sum, count) => sum + count, 0);
}

/** Such as `1,000 documents (12.3 MiB, MongoDB 8.0.4)`. */
export function describeBackup(manifest: Manifest): string {
  const { bytes, mongodb, changes = 0 } = manifest;
  const made = changes > 0 ? `, changes during the backup: ${changes.toLocaleString('en')}` : '';
  return `${countDocuments(manifest).toLocaleString('en')} documents (${mebibytes(bytes)}, MongoDB ${mongodb}${made})`;
}

/** SHA-256 of a file, read to its end. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/**
 * The manifest of backup `file`, which is as it was made.
 * @throws an Error with what is wrong with it
 */
export async function verifyBackup(file: string): Promise<Manifest> {
  const refuse = (reason: string): Error =>
    new Error(
      `${file} can't be restored: ${reason}. Nothing was changed. Give a file of npm run backup, and keep its manifest beside it.`,
    );
  const { size } = await stat(file).catch((error: Error) => {
    throw refuse(error.message);
  });
  const manifest = await readFile(manifestFile(file), 'utf8')
    .then((text) => JSON.parse(text) as Manifest)
    .catch((error: Error) => {
      throw refuse(`its manifest can't be read (${error.message})`);
    });
  if (manifest.format !== 'mongodump --archive --gzip') throw refuse(`${manifestFile(file)} is not its manifest`);
  if (size !== manifest.bytes)
    throw refuse(`it has ${size} bytes, and had ${manifest.bytes}: it is cut off, or another file`);
  if ((await hashFile(file)) !== manifest.sha256)
    throw refuse('it is damaged: its SHA-256 is not that of its manifest');
  return manifest;
}
