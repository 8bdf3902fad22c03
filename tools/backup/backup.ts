import { createHash } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Duplex } from 'node:stream';
import { createGzip } from 'node:zlib';
import { meter } from '../cli/shared/progress';
import { ArchiveFilter } from './archive';
import { countDocuments, describeBackup, hashFile, type Manifest, manifestFile } from './manifest';
import { type MongoServer, withServer } from './server';

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
  for (const path of [file, manifestFile(file)])
    if (existsSync(path)) throw new Error(`${path} already exists and is not overwritten. Choose another name.`);
  const { version, oplog } = await server.describe();
  await mkdir(dirname(file), { recursive: true });
  const partial = `${file}.partial`;
  const archive = new ArchiveFilter(server.database);
  const hash = createHash('sha256');
  const detail = (): string => `${countDocuments(archive.contents).toLocaleString('en')} documents`;
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
    await writeFile(manifestFile(file), `${JSON.stringify(manifest, undefined, 2)}\n`);
    await rename(partial, file);
    return manifest;
  } finally {
    await rm(partial, { force: true });
  }
}
