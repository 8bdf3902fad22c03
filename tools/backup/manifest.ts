import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { mebibytes } from '../cli/shared/progress';
import type { ArchiveContents } from './archive';

/** The content of FILE.json for a backup FILE. */
export interface Manifest extends ArchiveContents {
  readonly format: 'mongodump --archive --gzip';
  readonly date: string;
  /** Version of the MongoDB that the documents are from. */
  readonly mongodb: string;
  /** Name of their database. */
  readonly database: string;
  /** Size of the backup file. */
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

/** SHA-256 of a file, in hexadecimal digits. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/**
 * The manifest of backup `file`.
 * @throws an Error if the file or its manifest is missing or damaged
 */
export async function verifyBackup(file: string): Promise<Manifest> {
  const refuse = (reason: string): Error =>
    new Error(
      `${file} can't be restored: ${reason}. Nothing was changed. Use a file of npm run backup, with its manifest in the same folder.`,
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
    throw refuse(`it has ${size} bytes instead of ${manifest.bytes}: it is truncated, or another file`);
  if ((await hashFile(file)) !== manifest.sha256)
    throw refuse('it is damaged: its SHA-256 differs from that of its manifest');
  return manifest;
}
