import { writeSync } from 'node:fs';
import { destination, type Logger, pino } from 'pino';

/** Lines wait for this many others, or this many milliseconds: a write for each would halve the requests per second. */
const [most, milliseconds] = [50, 100];
const stdout = 1;

/** Logs JSON lines to stdout, of `level` and above. What waits is written when the process exits. */
export function createLogger(level: string): Logger {
  // Not `sync`: a slow reader of stdout must not hold up requests. No transport: its worker would want files beside the bundle.
  const output = destination({ dest: stdout, sync: false, minLength: 1 });
  let lines: string[] = [];
  const take = (): string => {
    const text = lines.join('');
    lines = [];
    return text;
  };
  // Many lines at a time: at each write the library measures, and so flattens, all that it still holds.
  const send = (): void => {
    if (lines.length > 0) output.write(take());
  };

  setInterval(send, milliseconds).unref();
  process.on('exit', () => {
    output.flushSync();
    writeSync(stdout, take());
  });
  const collector = {
    write: (line: string) => {
      if (lines.push(line) >= most) send();
    },
    flush: (done?: (error?: Error) => void) => {
      send();
      output.flush(done);
    },
  };
  return pino({ level, base: null }, collector);
}
