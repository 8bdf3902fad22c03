import { execFile } from 'node:child_process';

/** Of a program that is only asked what it is; Docker on a network that drops packets would take minutes. */
const timeoutMs = 10_000;

/** What a program said. */
export interface Answer {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `program`; `undefined` if it is not on PATH, or there and not to be run. */
export function run(program: string, args: readonly string[]): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: timeoutMs, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve(
        error?.code === 'ENOENT' || error?.code === 'EACCES'
          ? undefined
          : { ok: error === null, stdout: stdout.trim(), stderr: stderr.trim() },
      );
    });
  });
}
