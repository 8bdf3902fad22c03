import { requirePrograms } from './programs/programs';
import { listLocalStacks, removeUnusedState, usesLocalBackend } from './shared/backend';
import { npmRun, readOptions, root, runCommand, say } from './shared/cli';
import { cleanStackFile, readProject } from './shared/configuration';
import { exportState, pulumi, runUpdate } from './shared/pulumi';

const usage = `npm run down: deletes all that npm run up made, the data too. On a terminal it shows what will go, and asks.

  npm run down -- --yes            without the question, for scripts
  npm run down -- --stack staging  another stack than dev`;

runCommand(async () => {
  const { stack, yes } = readOptions(usage, { yes: { type: 'boolean', short: 'y', default: false } });
  if (usesLocalBackend() && (await listLocalStacks()).length === 0) return say(await describeAbsence(stack));
  await requirePrograms(['pulumi', 'minikube']);
  const state = await exportState(stack);
  if (!state) return say(await describeAbsence(stack));
  if (!yes && !(process.stdin.isTTY && process.stdout.isTTY)) {
    throw new Error(
      `This would delete stack '${stack}' with its cluster and all its data, and there is no terminal to ask on. ` +
        `Nothing was changed. If it is meant: ${npmRun('down', stack, '--yes')}`,
    );
  }
  await runUpdate(stack, state, 'down', yes ? ['destroy', '--yes', '--skip-preview'] : ['destroy']);
  await pulumi(['stack', 'rm', stack, '--yes', '--preserve-config']);
  await cleanStackFile(root, stack);
  await removeUnusedState();
  say(`\nStack '${stack}' and all that it made are gone.`);
});

/** Says that there is no such stack, and which stacks there are. A project that was renamed still has those of its old name. */
async function describeAbsence(stack: string): Promise<string> {
  const nothing = `There is no stack '${stack}' here: nothing to take down.`;
  const { name } = await readProject();
  const others = usesLocalBackend() ? (await listLocalStacks()).filter((it) => !it.startsWith(`${name}/`)) : [];
  if (others.length === 0) return nothing;
  return (
    `${nothing}\nStacks of other projects are in .pulumi: ${others.join(', ')}. ` +
    'To take one down, set its name in Pulumi.yaml first.'
  );
}
