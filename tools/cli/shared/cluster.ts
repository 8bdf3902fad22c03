import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findExecutable } from '../../database/executable';
import { requirePrograms } from '../programs/providePrograms';
import { attach } from './attach';
import { passSignals } from './passSignals';
import { openStack } from './workspace';

/** What a stack has put out, as far as the commands need it. */
export interface StackOutputs {
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly url: string;
  /** Image that the service's pods run, by digest. */
  readonly imageDigest: string;
  /** Minikube profile; empty if the cluster is not the stack's own. */
  readonly profile: string;
}

/** kubectl on a stack's cluster, in its namespace. */
export class Kubectl {
  constructor(
    readonly program: readonly string[],
    readonly environment: NodeJS.ProcessEnv,
  ) {}

  /**
   * Standard output of `kubectl ARGS`.
   * @throws an Error with what kubectl said.
   */
  read(...args: readonly string[]): Promise<string> {
    const [program = '', ...rest] = [...this.program, ...args];
    const options = { env: this.environment, maxBuffer: 64 * 1024 * 1024 };
    return new Promise((resolve, reject) => {
      passSignals(() =>
        execFile(program, rest, options, (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else
            reject(
              new Error(
                `kubectl ${args[0]} failed: ${stderr.trim()}\n` +
                  'If the cluster is stopped, start it, with all its data: npm run up',
                { cause: error },
              ),
            );
        }),
      );
    });
  }

  /** Starts `kubectl ARGS`, its standard output a pipe. */
  stream(...args: readonly string[]) {
    const [program = '', ...rest] = [...this.program, ...args];
    return spawn(program, rest, { env: this.environment, stdio: ['ignore', 'pipe', 'inherit'] });
  }

  /** Runs `kubectl ARGS` on this terminal. Returns its exit code. */
  attach(...args: readonly string[]): Promise<number> {
    const [program = '', ...rest] = [...this.program, ...args];
    return attach(program, rest, this.environment);
  }
}

/** What `stack` has put out. Its secrets are decrypted. */
export async function readOutputs(stack: string): Promise<StackOutputs> {
  await requirePrograms(['pulumi']);
  const outputs = await (await openStack(stack)).outputs();
  const text = (key: string): string => String(outputs[key]?.value ?? '');
  const read = {
    kubeconfig: text('kubeconfig'),
    namespace: text('namespace'),
    url: text('url'),
    imageDigest: text('imageDigest'),
    profile: text('profile'),
  };
  if (read.kubeconfig === '') {
    throw new Error(`Stack '${stack}' has no cluster yet: an earlier run did not come so far. Go on: npm run up`);
  }
  return read;
}

/** Does `work` with a kubectl on the cluster of `outputs`. The kubeconfig is a file for that long; the user's own is not touched. */
export async function withKubectl<T>(outputs: StackOutputs, work: (kubectl: Kubectl) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'kubeconfig-')); // for this user alone
  try {
    const file = join(folder, 'config');
    await writeFile(file, outputs.kubeconfig, { mode: 0o600 });
    const kubectl = new Kubectl(await findProgram(outputs.profile), { ...process.env, KUBECONFIG: file });
    await kubectl.read('config', 'set-context', '--current', `--namespace=${outputs.namespace}`);
    return await work(kubectl);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function findProgram(profile: string): Promise<readonly string[]> {
  if (await findExecutable('kubectl')) return ['kubectl'];
  if (profile && (await findExecutable('minikube'))) return ['minikube', 'kubectl', `--profile=${profile}`, '--']; // downloads it once
  throw new Error('There is no kubectl on PATH. Install it: https://kubernetes.io/docs/tasks/tools');
}
