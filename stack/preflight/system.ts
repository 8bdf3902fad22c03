import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

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

/** Environment variable with the value `passed` where a command has checked the machine before it called Pulumi. */
export const preflightVariable = 'WEBSTACK_PREFLIGHT';

/** Who listens on 127.0.0.1:`port`, in words; `undefined` if nobody does. */
export async function portHolder(port: number): Promise<string | undefined> {
  if (await isFree(port)) return undefined;
  const lsof = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']);
  const ss = await run('ss', ['-Hltnp', `sport = :${port}`]);
  const holder =
    /^p(?<pid>\d+)\nc(?<name>.*)$/m.exec(lsof?.stdout ?? '') ??
    /\(\("(?<name>[^"]+)",pid=(?<pid>\d+)/.exec(ss?.stdout ?? '');
  return holder?.groups ? `${holder.groups.name} (process ${holder.groups.pid})` : "another user's program";
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
