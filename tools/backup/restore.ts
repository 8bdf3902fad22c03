import { agrees } from '../cli/programs/programs';
import { say } from '../cli/shared/cli';
import { mebibytes, meter } from '../cli/shared/progress';
import { countDocuments, describeBackup, type Manifest, verifyBackup } from './backup';
import { describeSize, type MongoServer, withServer } from './server';

/** Restores into the database of a stack, or that of `npm start`. Returns a sentence about it. */
export async function restoreStack(stack: string, local: boolean, file: string, yes: boolean): Promise<string> {
  const manifest = await withServer(stack, local, (server) => restore(server, file, yes));
  return `Restored ${describeBackup(manifest)}, everything in its manifest: ${file}`;
}

/**
 * Replaces the content of the database of `server` with backup `file`. Users and passwords are not changed.
 * @param yes replaces data without asking
 * @throws before any change if the backup is damaged, or data may not be replaced; afterwards if a document is missing
 */
export async function restore(server: MongoServer, file: string, yes: boolean): Promise<Manifest> {
  const manifest = await verifyBackup(file);
  const description = await server.describe();
  if (description.documents > 0 && !yes) await confirm(describeSize(description), file);
  await server.drop();

  const { database } = manifest;
  const replay = manifest.changes !== undefined && description.oplog;
  const rename = database === server.database ? [] : [`--nsFrom=${database}.*`, `--nsTo=${server.database}.*`];
  const options = ['--gzip', '--drop', '--numParallelCollections=1', ...(replay ? ['--oplogReplay'] : rename)];
  const progress = meter(() => `of ${mebibytes(manifest.bytes)}`);
  const log = await server.run('mongorestore', ['--archive', ...options], {
    stdin: [{ file }, { transform: progress }],
  });

  const [, restored, failed] = /(\d+) document\(s\) restored successfully\. (\d+) document\(s\) failed/.exec(log) ?? [];
  const expected = countDocuments(manifest);
  if (Number(restored) !== expected || failed !== '0')
    throw new Error(`${restored ?? 'An unknown number'} of ${expected} documents were restored:\n${log}`);
  if (!replay && manifest.changes) {
    say(
      `${manifest.changes} changes during the backup were skipped: they can be replayed only by the administrator of a replica set, ` +
        "as in a stack's own cluster. Everything from before the backup is restored.",
    );
  }
  return manifest;
}

async function confirm(data: string, file: string): Promise<void> {
  if (!(process.stdin.isTTY && process.stdout.isTTY)) {
    throw new Error(
      `The database has ${data}, but there is no terminal for a confirmation. Nothing was changed. ` +
        'To replace them: npm run restore with --yes.',
    );
  }
  if (!(await agrees(`This replaces ${data} with those of ${file}. Continue?`)))
    throw new Error('Nothing was changed.');
}
