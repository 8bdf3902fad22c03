import { readOutputs, withKubectl } from './shared/cluster';
import { readOptions, runCommand } from './shared/command';

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
  return withKubectl(await readOutputs(stack), async (kubectl) => {
    if ((await kubectl.read('get', 'pods', 'mongo-0', '--ignore-not-found', '--output=name')) === '') {
      throw new Error(
        `Stack '${stack}' has no pod mongo-0: its database is outside the cluster, or is not made yet. ` +
          'See: npm run status',
      );
    }
    const terminal = process.stdin.isTTY ? ['--stdin', '--tty'] : ['--stdin'];
    // The file system is read-only but for /tmp, and mongosh keeps its history at home.
    return kubectl.attach(
      'exec',
      ...terminal,
      'mongo-0',
      '--',
      'env',
      'HOME=/tmp',
      'mongosh',
      '--quiet',
      '--nodb',
      '--shell',
      '--eval',
      connect,
    );
  });
});
