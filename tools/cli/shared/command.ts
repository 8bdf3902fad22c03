import { resolve } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The project's folder. */
export const root = resolve(__dirname, '../../..');

/** Runs a command. What it returns is its exit code, 0 if nothing. A failure is told in one message, without a stack trace. */
export function runCommand(main: () => Promise<number | void>): void {
  // A reader that has seen enough, such as `head`, must not end the command amid its work: what it still says is lost.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  main().then(
    (code) => {
      process.exitCode = code ?? 0;
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    },
  );
}

/** Options of every command. */
export const commonOptions = {
  stack: { type: 'string', default: 'dev' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The command line's options. `--help` prints `usage` and ends the process. */
export function readOptions<const T extends ParseArgsConfig['options']>(usage: string, options: T) {
  const config = { options: { ...options, ...commonOptions } } as const;
  const { values } = parseArgs(config);
  const { help, stack } = values as { readonly help: boolean; readonly stack: string }; // lost in the union with T
  if (help) {
    say(usage);
    process.exit(0);
  }
  checkStack(stack);
  return values;
}

/**
 * The name itself.
 * @throws if it is none that Pulumi takes.
 */
export function checkStack(name: string): string {
  if (/^[A-Za-z0-9_.-]{1,100}$/.test(name)) return name;
  throw new Error(`'${name}' can't name a stack: letters, digits, '-', '_' and '.' can. Try: --stack staging`);
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
