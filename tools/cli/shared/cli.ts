import { resolve } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The project's folder. */
export const root = resolve(__dirname, '../../..');

/** The stack of a command without `--stack`; PULUMI_STACK names it, as it does for Pulumi itself. */
export const defaultStack = process.env.PULUMI_STACK || 'dev';

/** Runs a command. What it returns is its exit code, 0 if nothing. A failure is one message, without a stack trace. */
export function runCommand(main: () => Promise<number | void>): void {
  // A reader that has seen enough, such as `head`, must not end the command in the middle of its work.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  main().then(
    (code) => {
      process.exitCode = code ?? 0;
    },
    (error: unknown) => {
      process.stderr.write(`${messageOf(error)}\n`);
      process.exitCode = 1;
    },
  );
}

/** An option without a value, the one that answers a question with yes, and an option with a value. */
export const flag = { type: 'boolean', default: false } as const;
export const yesFlag = { ...flag, short: 'y' } as const;
export const option = { type: 'string' } as const;

const helpOption = { help: { ...flag, short: 'h' } } as const;
const stackOption = { stack: { ...option, default: defaultStack } } as const;

/** The command line, parsed. `--help` prints `usage` and ends the process. */
export function parseCommandLine<const T extends ParseArgsConfig['options']>(
  usage: string,
  options: T,
  allowPositionals = false,
) {
  const parsed = parseArgs({ options: { ...options, ...helpOption }, allowPositionals });
  if (!(parsed.values as { readonly help: boolean }).help) return parsed; // its type is lost in the union with T
  say(usage);
  process.exit(0);
}

/** The options of a command that works on a stack, and the path of a file where it takes one. */
export function readOptions<const T extends ParseArgsConfig['options']>(usage: string, options: T, takesFile = false) {
  const { values, positionals } = parseCommandLine(usage, { ...options, ...stackOption }, takesFile);
  checkStack((values as { readonly stack: string }).stack);
  const [file, ...others] = positionals;
  if (others.length > 0) throw new Error(`One file, not ${positionals.length}: ${positionals.join(' ')}`);
  return { ...values, file: file === undefined ? undefined : userPath(file) };
}

/** A path that the user gave: npm runs scripts in the project's folder, wherever it was called. */
export function userPath(path: string): string {
  return resolve(process.env.INIT_CWD ?? '.', path);
}

/**
 * The name itself.
 * @throws if Pulumi would refuse it.
 */
export function checkStack(name: string): string {
  if (/^[A-Za-z0-9_.-]{1,100}$/.test(name)) return name;
  throw new Error(`'${name}' is no stack name: use letters, digits, '-', '_' and '.', such as --stack staging`);
}

/** The command line that runs npm script `script` on `stack`, for messages. */
export function npmRun(script: string, stack: string, ...args: readonly string[]): string {
  const options = [...(stack === defaultStack ? [] : ['--stack', stack]), ...args];
  return [`npm run ${script}`, ...(options.length > 0 ? ['--', ...options] : [])].join(' ');
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Rows under a heading, their columns as wide as the widest cell. */
export function formatTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/**
 * The names that `--only` lists, separated by commas, in the order of `names`; all of them without it.
 * @throws one error with every unknown name, and the known ones.
 */
export function chooseNames<Name extends string>(only: string | undefined, names: readonly Name[]): Name[] {
  const chosen = only?.split(',').map((name) => name.trim()) ?? names;
  const unknown = chosen.filter((name) => !names.some((known) => known === name));
  if (unknown.length > 0) throw new Error(`--only has '${unknown.join(', ')}': give some of ${names.join(',')}.`);
  return names.filter((name) => chosen.includes(name));
}
