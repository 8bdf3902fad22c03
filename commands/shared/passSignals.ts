import type { ChildProcess } from 'node:child_process';

/** While `child` runs, a signal that would end this process ends the child: what was made for it can be taken away then. */
export function passSignals(child: ChildProcess): void {
  const pass = (signal: NodeJS.Signals): void => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal); // a terminal sends Ctrl-C to the child itself
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, pass);
  child.once('close', () => {
    for (const signal of signals) process.off(signal, pass);
  });
}
