import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { database } from '../../stack/workloads/mongoStart';
import { npmRun } from '../cli/shared/cli';
import { kubectl } from '../cli/shared/process';
import type { StackOutputs } from '../cli/shared/pulumi';
import { runTool, type ToolStreams } from './runTool';
import type { DatabaseDescription, MongoServer, Tool } from './server';

/** The password stays in the pod: the script names its environment, which no list of processes shows. */
export const connectAsRoot = [
  'variable = (name) => (typeof process === "object" ? process.env[name] : _getEnv(name)); ', // MongoDB 4.4 has an older shell
  'db = connect(`mongodb://${variable("MONGO_INITDB_ROOT_USERNAME")}:${encodeURIComponent(variable("MONGO_INITDB_ROOT_PASSWORD"))}',
  '@127.0.0.1/${variable("MONGO_INITDB_DATABASE")}?authSource=admin&directConnection=true`);',
].join('');

const describe = `
const { objects, dataSize } = db.stats();
const oplog = db.adminCommand({ isMaster: 1 }).setName !== undefined;
print(JSON.stringify({ version: db.version(), documents: Number(objects), bytes: Number(dataSize), oplog }));`;

/** Runs mongosh, or the older shell, without a connection. */
const shell = 'HOME=/tmp exec "$(command -v mongosh || command -v mongo)" --quiet --nodb --eval "$1"';

/** Go's garbage collector keeps the programs below this: they share the memory limit of MongoDB's container. */
const toolMemory = '48MiB';

/** MongoDB in a stack's cluster. */
export class ClusterServer implements MongoServer {
  readonly database = database;

  constructor(
    private readonly outputs: StackOutputs,
    private readonly stack: string,
  ) {}

  async describe(): Promise<DatabaseDescription> {
    return JSON.parse(await this.#evaluate(describe)) as DatabaseDescription;
  }

  async drop(): Promise<void> {
    await this.#evaluate('db.dropDatabase();');
  }

  run(tool: Tool, args: readonly string[], streams: ToolStreams): Promise<string> {
    // A redirection keeps the password from the list of processes and from the disk.
    const script =
      `GOMEMLIMIT=${toolMemory} exec ${tool} --config=<(printf 'password: "%s"\\n' "$MONGO_INITDB_ROOT_PASSWORD") ` +
      '--username="$MONGO_INITDB_ROOT_USERNAME" --authenticationDatabase=admin "$@"';
    return this.#exec(streams, 'bash', '-c', script, tool, ...args);
  }

  async #evaluate(script: string): Promise<string> {
    const output = new PassThrough();
    const run = this.#exec({ output }, 'bash', '-c', shell, 'mongosh', connectAsRoot + script);
    const [printed] = await Promise.all([text(output), run]);
    return printed;
  }

  #exec(streams: ToolStreams, ...command: readonly string[]): Promise<string> {
    const explain = (message: string): string =>
      `${command[3]} failed in pod mongo-0: ${message}\nIf the cluster or its database does not run: ${npmRun('up', this.stack)}`;
    return kubectl(
      this.outputs,
      (program, args, { env }) => runTool(program, args, streams, env, explain),
      ...['exec', ...(streams.input ? ['--stdin'] : []), 'mongo-0', '--', ...command],
    );
  }
}
