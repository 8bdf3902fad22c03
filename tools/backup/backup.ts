import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { messageOf } from '../cli/shared/cli';
import { mebibytes, meter } from '../cli/shared/progress';
import { type ArchiveContents, ArchiveFilter } from './archive';
import { describeCount, type MongoServer, withServer } from './server';

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

export function countDocuments({ collections }: ArchiveContents): number {
  return Object.values(collections).reduce((sum, count) => sum + count, 0);
}

/** Such as `1,000 documents (12.3 MiB, MongoDB 8.0.4)`. */
export function describeBackup(manifest: Manifest): string {
  const { bytes, mongodb, changes = 0 } = manifest;
  const made = changes > 0 ? `, changes during the backup: ${changes.toLocaleString('en')}` : '';
  return `${describeCount(countDocuments(manifest))} (${mebibytes(bytes)}, MongoDB ${mongodb}${made})`;
}

/** Backs up the database of a stack, or that of `npm start`. Returns a sentence about it. */
export async function saveStack(stack: string, local: boolean, file: string): Promise<string> {
  const manifest = await withServer(stack, local, (server) => backup(server, file));
  return `Saved ${describeBackup(manifest)}: ${file}`;
}

/**
 * Writes the database of `server` to `file`, in the format of `mongodump --archive --gzip`, and a manifest. With an oplog, the backup is the
 * state at its end; otherwise the collections are from different moments. `file` appears when it is complete.
 */
export async function backup(server: MongoServer, file: string): Promise<Manifest> {
  const [partial, manifestFile] = [`${file}.partial`, `${file}.json`];
  for (const path of [file, manifestFile])
    if (existsSync(path)) throw new Error(`${path} already exists and is not overwritten. Choose another name.`);
  const { version, oplog } = await server.describe();
  await mkdir(dirname(file), { recursive: true });
  const archive = new ArchiveFilter(server.database);
  const hash = createHash('sha256');
  const detail = (): string => describeCount(countDocuments(archive.contents));
  try {
    // Compressed here, as the database's container has half a CPU. One collection at a time needs less of its memory.
    const args = ['--archive', '--numParallelCollections=1', oplog ? '--oplog' : `--db=${server.database}`];
    await server.run('mongodump', args, {
      stdout: [
        { transform: Duplex.from((source: AsyncIterable<Buffer>) => archive.filter(source)) },
        { transform: createGzip() },
        { transform: meter(detail, (part) => hash.update(part)) },
        createWriteStream(partial, { mode: 0o600 }), // as confidential as the database
      ],
    });
    const manifest: Manifest = {
      format: 'mongodump --archive --gzip',
      date: new Date().toISOString(),
      mongodb: version,
      database: server.database,
      bytes: (await stat(partial)).size,
      sha256: hash.digest('hex'),
      ...archive.contents,
    };
    if ((await hashFile(partial)) !== manifest.sha256)
      throw new Error(`${partial} was not written correctly: the disk may be damaged.`);
    await writeFile(manifestFile, `${JSON.stringify(manifest, undefined, 2)}\n`);
    await rename(partial, file);
    return manifest;
  } finally {
    await rm(partial, { force: true });
  }
}

/** SHA-256 of a file, in hexadecimal digits. */
async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/**
 * The manifest of backup `file`.
 * @throws an Error if the file or its manifest is missing or damaged
 */
export async function verifyBackup(file: string): Promise<Manifest> {
  try {
    const { size } = await stat(file);
    const manifest = await readFile(`${file}.json`, 'utf8')
      .then((text) => JSON.parse(text) as Manifest)
      .catch((error) => Promise.reject(new Error(`its manifest can't be read (${messageOf(error)})`)));
    if (manifest.format !== 'mongodump --archive --gzip') throw new Error(`${file}.json is not its manifest`);
    if (size !== manifest.bytes)
      throw new Error(`it has ${size} bytes instead of ${manifest.bytes}: it is truncated, or another file`);
    if ((await hashFile(file)) !== manifest.sha256)
      throw new Error('it is damaged: its SHA-256 differs from that of its manifest');
    return manifest;
  } catch (error) {
    throw new Error(
      `${file} can't be restored: ${messageOf(error)}. Nothing was changed. ` +
        'Use a file of npm run backup, with its manifest in the same folder.',
    );
  }
}
