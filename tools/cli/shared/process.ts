import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExecaError, execa, type Options } from 'execa';
import which from 'which';
import { root } from './cli';

/** Calls `listener` at Ctrl-C, kill and a closed terminal, which then do not end the process. Returns a function that removes it. */
export function onSignal(listener: (signal: NodeJS.Signals) => void): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

/** Resolves at the first signal, so that a command can clean up. Later ones are ignored: npm repeats Ctrl-C where its shell is bash. */
export function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise(onSignal);
}

/** Ends the process with `code` at the first signal, for commands with servers or watches. */
export async function exitOnSignal(code: number): Promise<never> {
  await firstSignal();
  process.exit(code);
}

/**
 * Intercepts signals until `end` is called, so that a command can clean up. At the first one, `notify` is called and `signalled` rejects;
 * others are ignored, as npm repeats Ctrl-C.
 */
export function holdSignals(notify: () => void): { readonly signalled: Promise<never>; end(): void } {
  const interruption = new AbortController();
  const release = onSignal(() => interruption.abort());
  const signalled = once(interruption.signal, 'abort').then(() => {
    notify();
    throw new Error('Interrupted.');
  });
  signalled.catch(() => undefined); // it may have no handler at that time
  return {
    signalled,
    end() {
      release();
      // Interrupted work must not keep the process running.
      if (interruption.signal.aborted) setTimeout(() => process.exit(), 500).unref();
    },
  };
}

interface RunOptions {
  readonly cwd?: string;
  /** Additions to this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Runs a program on this terminal. Returns its exit code; 1 if a signal ended it. A signal interrupts the program as Ctrl-C does, so
 * that Pulumi finishes its current step, and this process can clean up afterwards.
 */
export async function attach(program: string, args: readonly string[], options: RunOptions = {}): Promise<number> {
  const pass = (signal: NodeJS.Signals): void => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill('SIGINT'); // a terminal sends Ctrl-C to both
  };
  const release = onSignal(pass);
  const child = execa(program, args, { ...options, stdio: 'inherit', reject: false, forceKillAfterDelay: false });
  const result = await child;
  release();
  if (result.exitCode === undefined && result.signal === undefined) throw new Error(result.shortMessage);
  return result.exitCode ?? 1;
}

/** Runs `npm run up` on this terminal. Returns its exit code. */
export function runUp(stack: string, ...args: readonly string[]): Promise<number> {
  const up = ['--import', 'tsx', join('tools', 'cli', 'up.ts'), '--stack', stack, ...args];
  return attach(process.execPath, up, { cwd: root });
}

/** Standard streams of a program: files, streams, and transforms in between. */
export type Streams = Pick<Options, 'stdin' | 'stdout'>;

/**
 * Standard output of a program.
 * @throws an Error with its error output.
 */
export async function read(
  program: string,
  args: readonly string[],
  options: RunOptions & { readonly input?: string } = {},
): Promise<string> {
  const { stdout } = await execa(program, args, { input: '', ...options }).catch(explain);
  return stdout;
}

/** Runs a program with `streams` of any length in bounded memory. Returns its error output. Throws as `read` does. */
export async function stream(
  program: string,
  args: readonly string[],
  streams: Streams,
  options: RunOptions = {},
): Promise<string> {
  const own = { stdin: 'ignore', stdout: 'ignore', buffer: { stdout: false } } as const;
  const { stderr } = await execa(program, args, { ...own, ...options, ...streams }).catch(explain);
  return stderr;
}

function explain({ command, stderr, originalMessage, shortMessage }: ExecaError): never {
  const reasons = [stderr, originalMessage].filter(Boolean).join('\n');
  throw new Error(`${command.split(' ').slice(0, 3).join(' ')} failed: ${reasons || shortMessage}`);
}

/**
 * Runs `kubectl ARGS` on a stack's cluster in its namespace: with `attach` on this terminal, with `read` for its output. The
 * kubeconfig is a temporary file; the user's is not changed.
 */
export async function kubectl<T>(
  { kubeconfig, profile }: { readonly kubeconfig: string; readonly profile: string },
  run: (program: string, args: readonly string[], options: RunOptions) => Promise<T>,
  ...args: readonly string[]
): Promise<T> {
  const own = await which('kubectl', { nothrow: true });
  if (!own && !(await which('minikube', { nothrow: true })))
    throw new Error('There is no kubectl on PATH. Install it: https://kubernetes.io/docs/tasks/tools');
  const minikubes = ['kubectl', `--profile=${profile}`, '--']; // Minikube downloads it once
  return withPrivateFile(kubeconfig, (KUBECONFIG) =>
    run(own ? 'kubectl' : 'minikube', own ? args : [...minikubes, ...args], { env: { KUBECONFIG } }),
  );
}

/** Calls `use` with a temporary YAML file that only this user can read. */
export async function withPrivateFile<T>(text: string, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'private-'));
  try {
    const path = join(folder, 'file.yaml');
    await writeFile(path, text, { mode: 0o600 });
    return await use(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}
