import { requirePrograms } from './programs/programs';
import { providePassphrase } from './shared/backend';
import { npmRun, readOptions, root, runCommand, say } from './shared/cli';
import { readConfiguration } from './shared/configuration';
import { runUp } from './shared/process';
import { exportState, pulumi } from './shared/pulumi';

const usage = `npm run rotate: replaces the passwords of MongoDB's users without failed requests.

It raises mongoPasswords by one and runs npm run up. If that fails, run npm run up again.`;

runCommand(async () => {
  const { stack } = readOptions(usage, {});
  await requirePrograms(['pulumi']);
  const { database } = await readConfiguration(root, stack);
  if (database.kind === 'external')
    throw new Error('The stack does not own the database at mongoUri: change its password there, then set mongoUri.');
  if (!(await exportState(stack)))
    throw new Error(`There is no stack '${stack}'. To create it: ${npmRun('up', stack)}`);
  await providePassphrase(process.env, false);
  const generation = String(database.passwords + 1);
  await pulumi(['config', 'set', 'mongoPasswords', generation, '--stack', stack]);
  say(`mongoPasswords is now ${generation}.`);
  return runUp(stack);
});
