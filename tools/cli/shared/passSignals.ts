import type { ChildProcess } from 'node:child_process';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Starts a child. While it runs, a signal that would end this process ends the child: what was made for it can be taken away then. */
export function passSignals<T extends ChildProcess>(start: () => T): T {
  const pass = (signal: NodeJS.Signals): void => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal); // a terminal sends Ctrl-C to the child itself
  };
  for (const signal of signals) process.on(signal, pass); // first: the child may be seen, and a signal sent, before `start` returns
  const child = start();
  child.once('close', () => {
    for (const signal of signals) process.off(signal, pass);
  });
  return child;
}
