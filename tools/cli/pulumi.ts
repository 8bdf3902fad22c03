import { requirePrograms } from './programs/providePrograms';
import { attach } from './shared/attach';
import { checkStack, root, runCommand } from './shared/command';
import { cleanStackFile } from './shared/stackFile';
import { makeStack, openStack } from './shared/workspace';

// Usage: npm run pulumi -- [--stack NAME] ARGUMENTS. All but --stack, wherever it stands, is Pulumi's own.
runCommand(async () => {
  const args = process.argv.slice(2);
  const at = args.indexOf('--stack');
  const name = checkStack(at === -1 ? 'dev' : (args.splice(at, 2)[1] ?? ''));
  await requirePrograms(['pulumi']);
  // Either selects the stack, and tells Pulumi where the passphrase is. A stack can be configured before it is there.
  await (args[0] === 'config' ? makeStack(name) : openStack(name));
  try {
    return await attach('pulumi', args);
  } finally {
    await cleanStackFile(root, name);
  }
});
