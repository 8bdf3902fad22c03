import { join } from 'node:path';
import { flag, npmRun, readOptions, root, runCommand, say, yesFlag } from '../cli/shared/cli';
import { saveStack } from './backup';
import { restoreStack } from './restore';

async function backup(): Promise<void> {
  const usage = `npm run backup: saves the database to a file. The service stays available.

  npm run backup -- FILE     file to write, with a manifest FILE.json (default: backups/STACK-DATE.archive.gz)
  npm run backup -- --local  the database of npm start; stop it first`;
  const options = readOptions(usage, { local: flag }, true);
  const date = new Date().toISOString().replace(/[:.]/g, '-');
  const name = `${options.local ? 'local' : options.stack}-${date}.archive.gz`;
  const file = options.file ?? join(root, 'backups', name);
  say(await saveStack(options.stack, options.local, file));
  say(`To restore it: ${npmRun('restore', options.stack, file, ...(options.local ? ['--local'] : []))}`);
}

async function restore(): Promise<void> {
  const usage = `npm run restore: replaces the contents of the database with a backup. Asks first.

  npm run restore -- FILE          a file of npm run backup
  npm run restore -- FILE --local  the database of npm start; stop it first
  npm run restore -- FILE --yes    don't ask, for scripts`;
  const options = readOptions(usage, { local: flag, yes: yesFlag }, true);
  if (options.file === undefined) throw new Error(`The file to restore is missing.\n\n${usage}`);
  say(await restoreStack(options.stack, options.local, options.file, options.yes));
}

runCommand(process.argv.splice(2, 1)[0] === 'backup' ? backup : restore);
