import { connectAsAdministrator } from '../backup/clusterServer';
import { readOptions, runCommand } from './shared/cli';
import { StackCluster, unanswered } from './shared/kubernetes';
import { attach, kubectl } from './shared/process';
import { readOutputs } from './shared/pulumi';

const usage = `npm run shell: opens mongosh on the stack's database, as administrator.

  echo 'db.data.countDocuments()' | npm run shell`;

runCommand(async () => {
  const { stack } = readOptions(usage, {});
  const outputs = await readOutputs(stack);
  const pods = await new StackCluster(outputs).pods().catch(unanswered(stack));
  if (!pods.some(({ metadata }) => metadata?.name === 'mongo-0')) {
    throw new Error(
      `Stack '${stack}' has no pod mongo-0: its database is outside the cluster, or not created yet. ` +
        'See npm run status.',
    );
  }
  const terminal = process.stdin.isTTY ? ['--stdin', '--tty'] : ['--stdin'];
  // Only /tmp is writable, and mongosh writes its history to HOME.
  const mongosh = ['env', 'HOME=/tmp', 'mongosh', '--quiet', '--nodb', '--shell', '--eval', connectAsAdministrator];
  return kubectl(outputs, attach, 'exec', ...terminal, 'mongo-0', '--', ...mongosh);
});
