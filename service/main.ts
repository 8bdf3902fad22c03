import { inspect } from 'node:util';
import { endSignal } from './endSignal';
import { createLogger } from './platform/logger';
import { service } from './service';

/** Milliseconds for the last log lines. */
const flushMs = 1000;

async function main(): Promise<void> {
  const configuration = service.readConfiguration(process.env);
  const log = createLogger(configuration);
  const running = await service.start(configuration, log);
  const signal = await endSignal;
  await running.stop();
  if (await log.flush(flushMs)) process.exit(0);
  process.kill(process.pid, signal); // stdout is not read, and a clean exit would wait for it
}

main().catch((error: unknown) => {
  // The message of a configuration error is complete. Any other error needs its stack.
  process.stderr.write(`${error instanceof Error && error.name === 'Error' ? error.message : inspect(error)}\n`);
  process.exit(1);
});
