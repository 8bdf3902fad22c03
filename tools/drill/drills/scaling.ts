import type { Context } from '../drill';

/** Requests per second that take more CPU than four pods aim at, on clients enough to reach every pod often. */
export const heavy = { clients: 64, rate: 3500 } as const;

/** Requests per second that two pods carry with ease. */
export const light = { clients: 64, rate: 100 } as const;

/** Waits until the service has no more pods than it must have: a drill of scaling up begins there. */
export async function atLeast({ watch, outputs, stack }: Context): Promise<void> {
  const seconds = 600;
  await watch.until(
    `stack '${stack}' has its least number of pods (${outputs.url} has other load, or look: npm run status)`,
    ({ desired, min, pods }) =>
      desired === min && pods.length === min && pods.every(({ ready, draining }) => ready && !draining),
    seconds,
  );
}
