import { restoreStack } from '../backup/restore';
import { readFileAndOptions, runCommand, say } from './shared/cli';

const usage = `npm run restore: replaces the database's content by a backup, after a question.

  npm run restore -- FILE                  of npm run backup
  npm run restore -- FILE --stack staging  into another stack than dev
  npm run restore -- FILE --local          into the database of npm start, which must not run
  npm run restore -- FILE --yes            do not ask, for scripts`;

runCommand(async () => {
  const { stack, local, yes, file } = readFileAndOptions(usage, {
    local: { type: 'boolean', default: false },
    yes: { type: 'boolean', short: 'y', default: false },
  });
  if (file === undefined) throw new Error(`Give the file to restore.\n\n${usage}`);
  say(await restoreStack(stack, local, file, yes));
});
