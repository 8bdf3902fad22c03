import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import getPort from 'get-port';
import { environment, probes } from '../../../../service/contract';
import { until } from '../../../../stack/cluster/until';
import {
  type LauncherMessage,
  type LauncherOptions,
  launcherFile,
  launcherFolder,
  launcherVariable,
  podLauncher,
} from '../../../../stack/workloads/launcher';
import { Target } from '../../../../tools/dev/target';

const root = resolve(__dirname, '../../../..');

/** The launcher as a process of this machine, and a connection to it. */
export interface Launcher {
  readonly child: ChildProcess;
  readonly url: string;
  readonly options: LauncherOptions;
  readonly target: Target;
  readonly messages: LauncherMessage[];
  output(): string;
  /** The first message of this type that no earlier call has returned. */
  next<T extends LauncherMessage['type']>(type: T): Promise<Extract<LauncherMessage, { type: T }>>;
  /** What `state.json` says. */
  state(): Promise<unknown>;
  end(): Promise<void>;
}

export async function startLauncher(
  variables: NodeJS.ProcessEnv,
  command: readonly string[],
  changes: Partial<LauncherOptions> = {},
): Promise<Launcher> {
  const folder = await mkdtemp(join(tmpdir(), 'dev-'));
  const [port, metricsPort, control] = [await getPort(), await getPort(), await getPort()];
  const options = {
    ...podLauncher,
    folder: join(folder, 'code'),
    source: 'service/main.ts',
    health: probes.startup,
    port,
    control,
    host: '127.0.0.1',
    ...changes,
  };
  const child = spawn(process.execPath, [join(root, launcherFolder, launcherFile), ...command], {
    cwd: folder,
    env: {
      ...process.env,
      [environment.httpPort]: String(port),
      [environment.metricsPort]: String(metricsPort),
      ...variables,
      [launcherVariable]: JSON.stringify(options),
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => {
      output += text.toString();
    });
  const messages: LauncherMessage[] = [];
  /** How many messages of each type have been waited for. */
  const read = new Map<string, number>();
  const open = async () => {
    const socket = connect(options.control, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };
  const target = new Target('local', open, (_, message) => messages.push(message));
  return {
    child,
    url: `http://127.0.0.1:${port}`,
    options,
    target,
    messages,
    output: () => output,
    async next(type) {
      const count = read.get(type) ?? 0;
      read.set(type, count + 1);
      const ofType = (message: LauncherMessage): message is Extract<LauncherMessage, { type: typeof type }> =>
        message.type === type;
      return until(`the launcher tells ${type}`, () => messages.filter(ofType)[count], 30_000, 5).catch((error) => {
        throw new Error(`${(error as Error).message}\n${output}`);
      });
    },
    state: async () => JSON.parse(await readFile(join(options.folder, 'state.json'), 'utf8')) as unknown,
    async end() {
      await target.close(false);
      if (child.exitCode === null && child.signalCode === null) {
        const exit = once(child, 'exit');
        child.kill('SIGINT');
        await exit;
      }
      await rm(folder, { recursive: true });
    },
  };
}
