import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A process as `ps` lists it. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** All that process `pid` has started, and these in turn. Pulumi's plugins leave its process group: their parents tell. */
export async function descendants(pid: number): Promise<Process[]> {
  const all = await list();
  const below = (parent: number): Process[] =>
    all.filter((process) => process.parent === parent).flatMap((child) => [child, ...below(child.pid)]);
  return below(pid);
}

/** Ends those of `processes` that still run, with -9. */
export async function endAll(processes: readonly Process[]): Promise<void> {
  const running = await list();
  for (const { pid, command } of processes) {
    if (running.some((other) => other.pid === pid && other.command === command)) kill(pid);
  }
}

/** Ends process `pid` with -9, unless it has ended by itself. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function list(): Promise<Process[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,args='], { maxBuffer: 16 * 1024 * 1024 });
  return [...stdout.matchAll(/^ *(\d+) +(\d+) +(.*)$/gm)].map(([, pid, parent, command = '']) => ({
    pid: Number(pid),
    parent: Number(parent),
    command,
  }));
}
