import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import which from 'which';
import { root } from './cli';

/** What ends a command: Ctrl-C, a kill, a closed terminal. */
export const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ends the process with `code` at the next signal: watches and servers have no end of their own. */
export async function exitOnSignal(code: number): Promise<never> {
  await Promise.race(signals.map((signal) => once(process, signal)));
  process.exit(code);
}

/**
 * Holds signals back until `end` is called, so that what was made can be removed: `signalled` rejects at the first, after `notify`.
 * npm repeats a Ctrl-C.
 */
export function holdSignals(notify: () => void): { readonly signalled: Promise<never>; end(): void } {
  const interruption = new AbortController();
  const interrupt = (): void => {
    if (!interruption.signal.aborted) notify();
    interruption.abort();
  };
  for (const signal of signals) process.on(signal, interrupt);
  const signalled = once(interruption.signal, 'abort').then(() => Promise.reject(new Error('Interrupted.')));
  signalled.catch(() => undefined); // nobody may wait for it at that time
  return {
    signalled,
    end() {
      for (const signal of signals) process.off(signal, interrupt);
      // What was interrupted may still wait for something, which must not keep the process running.
      if (interruption.signal.aborted) setTimeout(() => process.exit(), 500).unref();
    },
  };
}

interface RunOptions {
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Runs a program on this terminal. Returns its exit code; 1 if a signal ended it.
 *
 * A signal to this process is passed on, so that this process can clean up after the program has ended.
 * @param as the signal to pass on in place of the one that came
 */
export async function attach(
  program: string,
  args: readonly string[],
  options: RunOptions & { readonly as?: NodeJS.Signals } = {},
): Promise<number> {
  const { as, ...rest } = options;
  const pass = (signal: NodeJS.Signals): void => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(as ?? signal); // a terminal sends Ctrl-C to the child too
  };
  for (const signal of signals) process.on(signal, pass);
  const child = execa(program, args, { ...rest, stdio: 'inherit', reject: false, forceKillAfterDelay: false });
  const result = await child;
  for (const signal of signals) process.off(signal, pass);
  if (result.exitCode === undefined && result.signal === undefined) throw new Error(result.shortMessage);
  return result.exitCode ?? 1;
}

/** Runs `npm run up` on this terminal. Returns its exit code. */
export function runUp(stack: string, ...args: readonly string[]): Promise<number> {
  const up = ['--import', 'tsx', join('tools', 'cli', 'up.ts'), '--stack', stack, ...args];
  return attach(process.execPath, up, { cwd: root });
}

/**
 * What a program writes to standard output.
 * @throws an Error with what it wrote to standard error.
 */
export async function read(
  program: string,
  args: readonly string[],
  { input = '', ...options }: RunOptions & { readonly input?: string } = {},
): Promise<string> {
  const result = await execa(program, args, { ...options, input, reject: false });
  if (!result.failed) return result.stdout;
  throw new Error(`${program} ${args.slice(0, 2).join(' ')} failed: ${result.stderr || result.shortMessage}`);
}

/**
 * Runs `kubectl ARGS` on a stack's cluster in its namespace: by `attach` on this terminal, by `read` for what it prints.
 * The kubeconfig is a file for as long; the user's own is not touched.
 */
export async function kubectl<T>(
  { kubeconfig, profile }: { readonly kubeconfig: string; readonly profile: string },
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
