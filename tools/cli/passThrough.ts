import { connectAsAdministrator } from '../backup/clusterServer';
import { requirePrograms } from './programs/programs';
import { providePassphrase, usesLocalBackend } from './shared/backend';
import { checkStack, defaultStack, npmRun, readOptions, root, runCommand } from './shared/cli';
import { cleanStackFile } from './shared/configuration';
import { attach, kubectl } from './shared/process';
import { createStack, exportState, readOutputs } from './shared/pulumi';

const usage = `npm run shell: opens mongosh on the database in the stack's cluster, as administrator.

  echo 'db.data.countDocuments()' | npm run shell`;

const commands: Readonly<Record<string, () => Promise<number>>> = {
  kubectl: runKubectl,
  pulumi: runPulumi,
  shell: runShell,
};
const [command = ''] = process.argv.splice(2, 1);
/** After `npm run kubectl --` and `npm run pulumi --`. All arguments except `--stack NAME` are passed to the program. */
const args = process.argv.slice(2);
runCommand(commands[command]!);

async function runKubectl(): Promise<number> {
  const stack = checkStack(args[0] === '--stack' ? (args.splice(0, 2)[1] ?? '') : defaultStack);
  return kubectl(await readOutputs(stack), attach, ...args);
}

async function runShell(): Promise<number> {
  const { stack } = readOptions(usage, {});
  const outputs = await readOutputs(stack);
  const { StackCluster, unanswered } = await import('./shared/kubernetes.js'); // takes a second, which kubectl and pulumi save
  const pods = await new StackCluster(outputs).pods().catch(unanswered(stack));
  if (!pods.some(({ metadata }) => metadata?.name === 'mongo-0')) {
    throw new Error(
      `Stack '${stack}' has no pod mongo-0: its database is outside the cluster, or not created yet. ` +
        `See ${npmRun('status', stack)}.`,
    );
  }
  const terminal = process.stdin.isTTY ? ['--stdin', '--tty'] : ['--stdin'];
  // Only /tmp is writable, and mongosh writes its history to HOME.
  const mongosh = ['env', 'HOME=/tmp', 'mongosh', '--quiet', '--nodb', '--shell', '--eval', connectAsAdministrator];
  return kubectl(outputs, attach, 'exec', ...terminal, 'mongo-0', '--', ...mongosh);
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
  // These create a stack, or offer it on a terminal.
  const offers = /^(up|update|preview|refresh|watch|import|stack select)\b/.test(args.join(' ')) && usesLocalBackend();
  await providePassphrase(process.env, initializes || offers);
  try {
    // Some commands of Pulumi have no --stack; all take it from the environment.
    return await attach('pulumi', args, { cwd: root, env: { PULUMI_STACK: stack } });
  } finally {
    await cleanStackFile(root, created ?? stack);
  }
}
