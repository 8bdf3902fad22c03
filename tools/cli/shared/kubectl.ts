import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findExecutable } from '../../database/executable';
import type { StackOutputs } from './outputs';
import { attach, read } from './process';

/** kubectl on a stack's cluster, in its namespace. */
export interface Kubectl {
  /**
   * Standard output of `kubectl ARGS`.
   * @throws an Error with its standard error.
   */
  read(...args: readonly string[]): Promise<string>;
  /** Runs `kubectl ARGS` on this terminal. Returns its exit code. */
  attach(...args: readonly string[]): Promise<number>;
}

/** Does `work` with kubectl. The kubeconfig of `outputs` is a file for as long; the user's own is not touched. */
export async function withKubectl<T>(outputs: StackOutputs, work: (kubectl: Kubectl) => Promise<T>): Promise<T> {
  const [program, ...first] = await findProgram(outputs.profile);
  const folder = await mkdtemp(join(tmpdir(), 'kubeconfig-')); // for this user alone
  try {
    const env = { KUBECONFIG: join(folder, 'config') };
    await writeFile(env.KUBECONFIG, outputs.kubeconfig, { mode: 0o600 });
    return await work({
      read: (...args) => read(program, [...first, ...args], { env }),
      attach: (...args) => attach(program, [...first, ...args], { env }),
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function findProgram(profile: string): Promise<readonly [string, ...string[]]> {
  if (await findExecutable('kubectl')) return ['kubectl'];
  if (await findExecutable('minikube')) return ['minikube', 'kubectl', `--profile=${profile}`, '--']; // downloads it once
  throw new Error('There is no kubectl on PATH. Install it: https://kubernetes.io/docs/tasks/tools');
}
