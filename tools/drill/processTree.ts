import { execa } from 'execa';

/** A process as `ps` lists it. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** The children of process `pid`, and theirs. Pulumi's plugins have process groups of their own: only their parents tell. */
export async function descendants(pid: number): Promise<Process[]> {
  const all = await list();
  const below = (parent: number): Process[] =>
    all.filter((process) => process.parent === parent).flatMap((child) => [child, ...below(child.pid)]);
  return below(pid);
}

/** Kills those of `processes` that still run. */
export async function killAll(processes: readonly Process[]): Promise<void> {
  const running = await list();
  for (const { pid, command } of processes) {
    if (!running.some((other) => other.pid === pid && other.command === command)) continue; // the number may be reused
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

async function list(): Promise<Process[]> {
  const { stdout } = await execa('ps', ['-A', '-o', 'pid=,ppid=,args=']);
  return [...stdout.matchAll(/^ *(\d+) +(\d+) +(.*)$/gm)].map(([, pid, parent, command = '']) => ({
    pid: Number(pid),
    parent: Number(parent),
    command,
  }));
}
