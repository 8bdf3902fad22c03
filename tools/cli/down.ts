import { requirePrograms } from './programs/programs';
import { listLocalStacks, removeUnusedState } from './shared/backend';
import { npmRun, option, readOptions, root, runCommand, say, userPath, yesFlag } from './shared/cli';
import { readConfiguration } from './shared/configuration';
import { exportState, profilesIn, pulumi } from './shared/pulumi';
import { runUpdate } from './shared/update';

const usage = `npm run down: deletes everything that npm run up created, including the data. Asks first.

  npm run down -- --backup FILE  save the database to FILE first, as npm run backup does
  npm run down -- --yes          don't ask, for scripts`;

runCommand(async () => {
  const { stack, yes, backup } = readOptions(usage, { yes: yesFlag, backup: option });
  await requirePrograms(['pulumi']);
  const state = await exportState(stack);
  if (!state) return say(await describeAbsence(stack));
  const ownsCluster = profilesIn(state).length > 0;
  if (ownsCluster) await requirePrograms(['minikube']);
  if (!yes && !(process.stdin.isTTY && process.stdout.isTTY)) {
    throw new Error(
      `This would delete stack '${stack}' with ${ownsCluster ? 'its cluster and ' : ''}all its data, but there is no terminal for a confirmation. ` +
        `Nothing was changed. To delete it: ${npmRun('down', stack, '--yes')}`,
    );
  }
  if (backup !== undefined) await saveDatabase(stack, userPath(backup));
  else say(await describeLoss(stack));
  await runUpdate(stack, state, 'down', yes ? ['destroy', '--yes', '--skip-preview'] : ['destroy']);
  await pulumi(['stack', 'rm', stack, '--yes', '--preserve-config']);
  await removeUnusedState();
  say(`\nStack '${stack}' and everything that it created are deleted.`);
});

async function saveDatabase(stack: string, file: string): Promise<void> {
  const { saveStack } = await import('../backup/backup.js');
  say(
    `${await saveStack(stack, false, file)}\nTo create the stack from it: ${npmRun('up', stack, '--restore', file)}\n`,
  );
}

/** What happens to the data. A failure to read it does not prevent the deletion. */
async function describeLoss(stack: string): Promise<string> {
  const save = `To save them first: ${npmRun('down', stack, '--backup', 'FILE')}\n`;
  try {
    const { database } = await readConfiguration(root, stack);
    if (database.kind === 'external') return 'The database at mongoUri is not changed.\n';
    const { describeSize, withServer } = await import('../backup/server.js'); // takes a second
    return `This deletes the database, with ${describeSize(await withServer(stack, false, (it) => it.describe()))}. ${save}`;
  } catch {
    return `This deletes the database, if there is one. It does not answer, so its documents were not counted. ${save}`;
  }
}

/** That there is no such stack, and which stacks there are: a renamed project still has those of its old name. */
async function describeAbsence(stack: string): Promise<string> {
  const nothing = `There is no stack '${stack}': nothing to delete.`;
  const others = await listLocalStacks();
  return others.length === 0 ? nothing : `${nothing}\nStacks in .pulumi, as PROJECT/STACK: ${others.join(', ')}`;
}
