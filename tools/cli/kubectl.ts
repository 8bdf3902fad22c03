import { checkStack, defaultStack, runCommand } from './shared/cli';
import { withKubectl } from './shared/kubectl';
import { readOutputs } from './shared/outputs';

// Usage: npm run kubectl -- [--stack NAME] ARGUMENTS. All but a leading --stack is kubectl's own.
runCommand(async () => {
  const args = process.argv.slice(2);
  const stack = checkStack(args[0] === '--stack' ? (args.splice(0, 2)[1] ?? '') : defaultStack);
  return withKubectl(await readOutputs(stack), (kubectl) => kubectl.attach(...args));
});
