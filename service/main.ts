import { createLogger } from './platform/logger';
import { service } from './service';

async function main(): Promise<void> {
  const configuration = service.readConfiguration(process.env);
  const logger = createLogger(configuration.logLevel);
  const running = await service.start(configuration, logger);
  const stop = (): void => {
    process.off('SIGTERM', stop).off('SIGINT', stop); // a second one ends it at once
    void running.stop().then(() => logger.flush(() => process.exit(0)));
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
