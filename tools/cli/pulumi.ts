import { requirePrograms } from './programs/programs';
import { providePassphrase } from './shared/backend';
import { checkStack, defaultStack, root, runCommand } from './shared/cli';
import { cleanStackFile } from './shared/configuration';
import { attach } from './shared/process';
import { createStack, exportState } from './shared/pulumi';

// Usage: npm run pulumi -- [--stack NAME] ARGUMENTS. All but --stack, wherever it stands, is Pulumi's own.
runCommand(async () => {
  const args = process.argv.slice(2);
  const at = args.findIndex((arg) => /^(--stack|-s)$/.test(arg));
  const stack = checkStack(at === -1 ? defaultStack : (args.splice(at, 2)[1] ?? ''));
  await requirePrograms(['pulumi']);
  // A stack can be configured before it is there.
  if (args[0] === 'config' && (await exportState(stack)) === undefined) await createStack(stack);
  await providePassphrase(process.env, false);
  try {
    // Not every command of Pulumi's has --stack; all that work on a stack take it from the environment.
    return await attach('pulumi', args, { cwd: root, env: { PULUMI_STACK: stack } });
  } finally {
    await cleanStackFile(root, stack);
  }
});
