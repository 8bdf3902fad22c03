/**
 * Resolves at the first SIGTERM or SIGINT. Import it before all else: as process 1 of its container, the process never sees a signal that it
 * does not listen to, and would be killed after the grace period.
 */
export const endSignal = new Promise<NodeJS.Signals>((resolve) => {
  const end = (signal: NodeJS.Signals): void => {
    process.off('SIGTERM', end).off('SIGINT', end); // a second one ends it at once
    resolve(signal);
  };
  process.on('SIGTERM', end).on('SIGINT', end);
});
