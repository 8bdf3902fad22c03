import { hostname } from 'node:os';
import { ConcurrentUpdateError, type Stack } from '@pulumi/pulumi/automation';
import { say } from './command';

export interface LockHolder {
  readonly host: string;
  readonly pid: number;
}

/** Who holds the locks that Pulumi's message tells of. */
export function lockHolders(message: string): LockHolder[] {
  const found = [...message.matchAll(/created by \S*@(\S+) \(pid (\d+)\)/g)];
  const holders = new Map(found.map(([text, host = '', pid]) => [text, { host, pid: Number(pid) }])); // the message has it twice
  return [...holders.values()];
}

/** Whether all `holders` ran on this machine, `host`, and none runs any more. */
export function areGone(holders: readonly LockHolder[], host: string, runs: (pid: number) => boolean): boolean {
  return holders.length > 0 && holders.every((holder) => holder.host === host && !runs(holder.pid));
}

/** Does `work`. If it meets the lock of a run that was killed on this machine, takes the lock away, says so, and does it once more. */
export async function overStaleLock<T>(stack: Stack, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ConcurrentUpdateError)) throw error;
    const holders = lockHolders(error.message);
    if (!areGone(holders, hostname(), isRunning)) {
      const who = holders.map(({ host, pid }) => `process ${pid} on ${host}`).join(', ') || 'another run';
      throw new Error(
        `Stack '${stack.name}' is locked by ${who}. Wait for its end. ` +
          `If that is no Pulumi: pulumi cancel --stack ${stack.name}`,
      );
    }
    say('An earlier run was killed and left its lock: it is taken away now.');
    await stack.cancel();
    return await work();
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // it runs, as another user
  }
}
