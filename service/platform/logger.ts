import { destination, pino } from 'pino';
import type { Configuration } from './configuration';
import { activeIds } from './tracing';

const stdout = 1;
/** Maximum bytes of waiting lines; more are dropped, and counted. */
const maxLength = 1_048_576;
/** Bytes, or milliseconds, after which lines are written: a write for each line would halve the requests per second. */
const [minLength, periodicFlush] = [8192, 100];

/** Logs JSON lines to stdout, with the ids of the current span if requests are `traced`. Never waits for a reader. */
export function createLogger({ logLevel: level, traced }: Pick<Configuration, 'logLevel' | 'traced'>) {
  const output = destination({ dest: stdout, sync: false, minLength, maxLength, periodicFlush });
  let dropped = 0;
  output.on('drop', () => {
    dropped += 1;
  });
  output.on('error', () => {}); // the reader is gone, so this can't be reported
  return {
    logger: pino({ level, base: null, serializers: { err: nameError }, ...(traced && { mixin: activeIds }) }, output),
    /** Lines that were dropped because they were not read. */
    dropped: () => dropped,
    /** Resolves to true when all lines are written, and to false if that takes longer than `milliseconds`. */
    flush: (milliseconds: number) =>
      new Promise<boolean>((resolve) => {
        setTimeout(() => resolve(false), milliseconds).unref();
        output.flush(() => resolve(true));
      }),
  };
}
export type ServiceLogger = ReturnType<typeof createLogger>;

/** The logged properties of an error. Others may have data: Node adds the bytes of a request, drivers add what was to be stored. */
export function nameError(error: unknown): object | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, message, stack, cause } = error;
  return {
    type: name,
    message,
    ...('code' in error && { code: error.code }),
    stack,
    ...(cause instanceof Error && { cause: nameError(cause) }),
  };
}
