import { join } from 'node:path';
import { saveStack } from '../backup/backup';
import { npmRun, readFileAndOptions, root, runCommand, say } from './shared/cli';

const usage = `npm run backup: saves the database to a file while it is in use.

  npm run backup -- FILE             to FILE, with a manifest FILE.json; default: backups/STACK-DATE.archive.gz
  npm run backup -- --stack staging  of another stack than dev
  npm run backup -- --local          of npm start, which must not run`;

runCommand(async () => {
  const { stack, local, file } = readFileAndOptions(usage, { local: { type: 'boolean', default: false } });
  const date = new Date().toISOString().replace(/[:.]/g, '-');
  const path = file ?? join(root, 'backups', `${local ? 'local' : stack}-${date}.archive.gz`);
  say(
    `${await saveStack(stack, local, path)}\nPut it back: ${npmRun('restore', stack, path, ...(local ? ['--local'] : []))}`,
  );
});
