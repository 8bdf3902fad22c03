import { readOptions, runCommand } from './shared/cli';
import { StackCluster, unanswered } from './shared/kubernetes';
import { attach, kubectl } from './shared/process';
import { readOutputs } from './shared/pulumi';

const usage = `npm run shell: mongosh on the stack's database, as its administrator.

  npm run shell -- --stack staging  another stack than dev
  echo 'db.data.countDocuments()' | npm run shell`;

/** The password stays in the pod: the script names its environment, which no list of processes shows. */
const connect = [
  'db = connect(`mongodb://${process.env.MONGO_INITDB_ROOT_USERNAME}:${encodeURIComponent(process.env.MONGO_INITDB_ROOT_PASSWORD)}',
  '@127.0.0.1/${process.env.MONGO_INITDB_DATABASE}?authSource=admin&directConnection=true`)',
].join('');

runCommand(async () => {
  const { stack } = readOptions(usage, {});
  const outputs = await readOutputs(stack);
  const pods = await new StackCluster(outputs).pods().catch((error: unknown) => {
    throw unanswered(stack, error);
  });
  if (!pods.some(({ metadata }) => metadata?.name === 'mongo-0')) {
    throw new Error(
      `Stack '${stack}' has no pod mongo-0: its database is outside the cluster, or is not made yet. ` +
        'See: npm run status',
    );
  }
  const terminal = process.stdin.isTTY ? ['--stdin', '--tty'] : ['--stdin'];
  // The file system is read-only but for /tmp, and mongosh keeps its history at home.
  const mongosh = ['env', 'HOME=/tmp', 'mongosh', '--quiet', '--nodb', '--shell', '--eval', connect];
  return kubectl(outputs, attach, 'exec', ...terminal, 'mongo-0', '--', ...mongosh);
});
