import { destination, pino, type Logger } from 'pino';

/** Lines wait for this many bytes of others, or this many milliseconds: a write for each would halve the requests per second. */
const [bytes, milliseconds] = [8192, 100];

/** Logs JSON lines to stdout, of `level` and above. What waits is written when the process exits. */
export function createLogger(level: string): Logger {
  // Not `sync`: a slow reader of stdout must not hold up requests. No transport: its worker would want files beside the bundle.
  return pino({ level, base: null }, destination({ dest: 1, sync: false, minLength: bytes, periodicFlush: milliseconds }));
}
