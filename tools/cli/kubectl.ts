import { checkStack, defaultStack, runCommand } from './shared/cli';
import { attach, kubectl } from './shared/process';
import { readOutputs } from './shared/pulumi';

// Usage: npm run kubectl -- [--stack NAME] ARGUMENTS. All but a leading --stack is kubectl's own.
runCommand(async () => {
  const args = process.argv.slice(2);
  const stack = checkStack(args[0] === '--stack' ? (args.splice(0, 2)[1] ?? '') : defaultStack);
  return kubectl(await readOutputs(stack), attach, ...args);
});
