import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import which from 'which';
import type { RunOptions } from './process';
import type { StackOutputs } from './pulumi';

/**
 * Runs `kubectl ARGS` on a stack's cluster in its namespace: by `attach` on this terminal, by `read` for what it prints.
 * The kubeconfig is a file for as long; the user's own is not touched.
 */
export async function kubectl<T>(
  { kubeconfig, profile }: StackOutputs,
  run: (program: string, args: readonly string[], options: RunOptions) => Promise<T>,
  ...args: readonly string[]
): Promise<T> {
  const own = await which('kubectl', { nothrow: true });
  if (!own && !(await which('minikube', { nothrow: true })))
    throw new Error('There is no kubectl on PATH. Install it: https://kubernetes.io/docs/tasks/tools');
  const minikubes = ['kubectl', `--profile=${profile}`, '--']; // which Minikube downloads once
  const folder = await mkdtemp(join(tmpdir(), 'kubeconfig-')); // for this user alone
  try {
    const env = { KUBECONFIG: join(folder, 'config') };
    await writeFile(env.KUBECONFIG, kubeconfig, { mode: 0o600 });
    return await run(own ? 'kubectl' : 'minikube', own ? args : [...minikubes, ...args], { env });
  } finally {
    await rm(folder, { recursive: true });
  }
}
