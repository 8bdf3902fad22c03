import { requirePrograms } from './programs/programs';
import { providePassphrase, usesLocalBackend } from './shared/backend';
import { checkStack, defaultStack, root, runCommand } from './shared/cli';
import { cleanStackFile } from './shared/configuration';
import { attach, kubectl } from './shared/process';
import { createStack, exportState, readOutputs } from './shared/pulumi';

// Usage: npm run kubectl -- [--stack NAME] ARGUMENTS, npm run pulumi -- [--stack NAME] ARGUMENTS. Other arguments are the program's.
const [program, ...args] = process.argv.slice(2);
runCommand(program === 'kubectl' ? runKubectl : runPulumi);

async function runKubectl(): Promise<number> {
  const stack = checkStack(args[0] === '--stack' ? (args.splice(0, 2)[1] ?? '') : defaultStack);
  return kubectl(await readOutputs(stack), attach, ...args);
}

async function runPulumi(): Promise<number> {
  const at = args.findIndex((arg) => /^(--stack|-s)$/.test(arg)); // at any position
  const stack = checkStack(at === -1 ? defaultStack : (args.splice(at, 2)[1] ?? ''));
  await requirePrograms(['pulumi']);
  // A stack can be configured before `npm run up`.
  if (args[0] === 'config' && (await exportState(stack)) === undefined) await createStack(stack);
  const initializes = args[0] === 'stack' && args[1] === 'init';
  if (initializes && at !== -1) args.splice(2, 0, stack); // it ignores the environment
  const created = initializes ? args.slice(2).find((arg) => !arg.startsWith('-')) : undefined;
  // Every command that needs a stack offers on a terminal to create one.
  await providePassphrase(process.env, created !== undefined || usesLocalBackend());
  try {
    // Some commands of Pulumi have no --stack; all take it from the environment.
    return await attach('pulumi', args, { cwd: root, env: { PULUMI_STACK: stack } });
  } finally {
    await cleanStackFile(root, created ?? stack);
  }
}
