import { execFile } from 'node:child_process';

/** Time-out of programs that only report something: Docker on a network that drops packets would take minutes. */
const timeoutMs = 10_000;

/** Trimmed output of a program. */
export interface Answer {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `program`; `undefined` if it is not on PATH or not executable. A failure has a message in `stderr`.
 * @param timeout milliseconds, 0 for none
 */
export function run(
  program: string,
  args: readonly string[],
  { env = process.env, timeout = timeoutMs } = {},
): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    execFile(program, args, { env, timeout, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT' || error?.code === 'EACCES') return resolve(undefined);
      const silent = error?.killed
        ? `no answer within ${timeout / 1000} s`
        : `exit code ${error?.code ?? error?.signal}`;
      const failure = error ? stdout.trim() || silent : '';
      resolve({ ok: error === null, stdout: stdout.trim(), stderr: stderr.trim() || failure });
    });
  });
}

/** Trimmed standard output of `program`. @throws an Error with the command and its error output. */
export async function output(program: string, args: readonly string[], env = process.env): Promise<string> {
  endWithPulumi();
  const answer = await run(program, args, { env, timeout: 0 });
  if (!answer) throw new Error(`${program} is not on PATH. Install it, or correct PATH.`);
  if (!answer.ok) throw new Error(`${program} ${args.join(' ')} failed: ${answer.stderr}`);
  return answer.stdout;
}

/** Trimmed standard output of `docker ARGS`. Throws as `output` does. */
export function docker(...args: readonly string[]): Promise<string> {
  return output('docker', args);
}

/**
 * Ends this process when its output pipe breaks, because Pulumi was killed. Otherwise Pulumi's own handler reports that on the broken
 * pipe, which fails again, and so on, until the memory is full.
 */
export function endWithPulumi(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.listeners('error').some((listener) => listener.name === 'endProcess')) continue;
    stream.prependListener('error', function endProcess() {
      process.exit(1);
    });
  }
}

/** The environment variable `name`. An empty one counts as missing, as for Docker, Minikube and Pulumi. */
export function readVariable(name: string, environment = process.env): string | undefined {
  return environment[name] || undefined;
}
