import { execFile } from 'node:child_process';

/** Of a program that only reports something; Docker on a network that drops packets would take minutes. */
const timeoutMs = 10_000;

/** What a program printed, white space at both ends removed. */
export interface Answer {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `program`; `undefined` if it is not on PATH or not executable. A failure without a message gets one in `stderr`. */
export function run(program: string, args: readonly string[]): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: timeoutMs, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT' || error?.code === 'EACCES') return resolve(undefined);
      const silent = error?.killed ? `no answer within ${timeoutMs / 1000} s` : error ? `exit code ${error.code}` : '';
      resolve({ ok: error === null, stdout: stdout.trim(), stderr: stderr.trim() || silent });
    });
  });
}

/** Standard output of `program`. @throws an Error with the command and what it said. */
export function output(program: string, args: readonly string[], env = process.env): Promise<string> {
  endWithPulumi();
  return new Promise((resolve, reject) => {
    execFile(program, args, { env, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error)
        reject(new Error(`${program} ${args.join(' ')} failed: ${stderr.trim() || stdout.trim() || error.message}`));
      else resolve(stdout);
    });
  });
}

/**
 * Ends this process when nobody reads what it writes: Pulumi was killed. Pulumi's own handler would report that failure on the
 * same broken pipe, which fails, and so on, until the memory is full.
 */
export function endWithPulumi(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.listeners('error').some((listener) => listener.name === 'endProcess')) continue;
    stream.prependListener('error', function endProcess() {
      process.exit(1);
    });
  }
}

/** The JSON object in what a program printed; `undefined` if there is none. Messages may surround it, as of a new version. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  const start = text.indexOf('{"');
  for (let end = text.lastIndexOf('}'); start !== -1 && end > start; end = text.lastIndexOf('}', end - 1)) {
    try {
      return JSON.parse(text.slice(start, end + 1)) as Record<string, unknown>;
    } catch {} // this brace is of a message
  }
  return undefined;
}

/** The environment variable `name`; `undefined` if it is empty too: Docker, Minikube and Pulumi then use their default. */
export function readVariable(name: string, environment = process.env): string | undefined {
  return environment[name] || undefined;
}
