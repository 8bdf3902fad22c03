import { database, replicaSet } from '../../stack/workloads/mongoScripts';
import { npmRun } from '../cli/shared/cli';
import { kubectl, read, type Streams, stream } from '../cli/shared/process';
import type { StackOutputs } from '../cli/shared/pulumi';
import type { DatabaseDescription, MongoServer, Tool } from './server';

/**
 * Connects to the primary as the internal user of the members, whose password is their key and does not rotate. The script reads it
 * from the pod's environment, so that no list of processes shows it.
 */
export const connectAsAdministrator = [
  'variable = (name) => (typeof process === "object" ? process.env[name] : _getEnv(name)); ', // the shell of MongoDB 4.4 has no `process`
  `db = connect("mongodb://__system:" + variable("REPLICA_SET_KEY") + "@127.0.0.1/${database}?authSource=local&replicaSet=${replicaSet}");`,
].join('');

const describe = `
const { objects, dataSize } = db.stats();
print(JSON.stringify({ version: db.version(), documents: Number(objects), bytes: Number(dataSize), oplog: true }));`;

/** Runs mongosh, or the older shell, without a connection. */
const shell = 'HOME=/tmp exec "$(command -v mongosh || command -v mongo)" --quiet --nodb --eval "$1"';

/** Memory limit for Go's garbage collector: the programs share the limit of MongoDB's container. */
const toolMemory = '48MiB';

/** MongoDB in a stack's cluster. Programs run in its first pod, and connect to the primary. */
export class ClusterServer implements MongoServer {
  readonly database = database;

  constructor(
    private readonly outputs: StackOutputs,
    private readonly stack: string,
  ) {}

  async describe(): Promise<DatabaseDescription> {
    return JSON.parse(await this.evaluate(describe)) as DatabaseDescription;
  }

  async drop(): Promise<void> {
    await this.evaluate('db.dropDatabase();');
  }

  run(tool: Tool, args: readonly string[], streams: Streams): Promise<string> {
    // The password must not be in the list of processes or on the disk.
    const script =
      `GOMEMLIMIT=${toolMemory} exec ${tool} --config=<(printf 'password: "%s"\\n' "$REPLICA_SET_KEY") ` +
      `--host=${replicaSet}/127.0.0.1 --username=__system --authenticationDatabase=local "$@"`;
    const run: typeof read = (program, all, options) => stream(program, all, streams, options);
    return this.#exec(run, streams.stdin ? ['--stdin'] : [], script, tool, ...args);
  }

  /** Output of `script`, run by mongosh on the primary. */
  evaluate(script: string): Promise<string> {
    return this.#exec(read, [], shell, 'mongosh', connectAsAdministrator + script);
  }

  /** Runs a script of Bash for `tool`, with `options` of `kubectl exec`. */
  #exec(run: typeof read, options: readonly string[], script: string, tool: string, ...args: readonly string[]) {
    const command = ['exec', 'mongo-0', ...options, '--', 'bash', '-c', script, tool, ...args];
    return kubectl(this.outputs, run, ...command).catch(({ message }: Error) => {
      throw new Error(
        `${tool}: ${message}\nIf the cluster or its database is not running: ${npmRun('up', this.stack)}`,
      );
    });
  }
}
