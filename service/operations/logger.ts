import { destination, pino, type Logger } from 'pino';

/** Logs JSON lines to stdout, of `level` and above. */
export function createLogger(level: string): Logger {
  // Not `sync`: a reader of stdout that is slow must not hold up requests. No transport: a worker would want files beside the bundle.
  return pino({ level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` }, destination({ dest: 1, sync: false }));
}
