import { resolve } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The project's folder. */
export const root = resolve(__dirname, '../../..');

/** The stack of a command without `--stack`. PULUMI_STACK selects it, as for Pulumi. */
export const defaultStack = process.env.PULUMI_STACK || 'dev';

/** Runs a command, which returns its exit code. Default: 0. An error is shown without its stack trace. */
export function runCommand(main: () => Promise<number | void>): void {
  // A pipe's reader that ends early, such as `head`, must not interrupt the command.
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

export const flag = { type: 'boolean', default: false } as const;
export const yesFlag = { ...flag, short: 'y' } as const;
export const option = { type: 'string' } as const;

const helpOption = { help: { ...flag, short: 'h' } } as const;
const stackOption = { stack: { ...option, default: defaultStack } } as const;

/** Parses the command line. `--help` prints `usage` and ends the process. */
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

/** The options of a command on a stack, and its optional `file` argument. */
export function readOptions<const T extends ParseArgsConfig['options']>(usage: string, options: T, takesFile = false) {
  const help = `${usage}\n\nAdd --stack NAME for a stack other than ${defaultStack}.`;
  const { values, positionals } = parseCommandLine(help, { ...options, ...stackOption }, takesFile);
  checkStack((values as { readonly stack: string }).stack);
  const [file, ...others] = positionals;
  if (others.length > 0) throw new Error(`Expected one file, not ${positionals.length}: ${positionals.join(' ')}`);
  return { ...values, file: file === undefined ? undefined : userPath(file) };
}

/** A path relative to the user's working directory: npm runs scripts in the project's folder. */
export function userPath(path: string): string {
  return resolve(process.env.INIT_CWD ?? '.', path);
}

/**
 * Returns `name`.
 * @throws if it is not a valid name for Pulumi.
 */
export function checkStack(name: string): string {
  if (/^[A-Za-z0-9_.-]{1,100}$/.test(name)) return name;
  throw new Error(
    `'${name}' is not a valid stack name: use letters, digits, '-', '_' and '.', such as --stack staging`,
  );
}

/** A command line with an npm script on `stack`, for messages. */
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

/** How to try the service at `url`. @param hasData whether it has the endpoint `/data` */
export function describeRequests(url: string, hasData: boolean): string {
  const data = `  curl ${url}/data -H 'Content-Type: application/json' -d '{"name":"test","value":123}'\n  curl ${url}/data\n`;
  return `\nTry:\n  curl ${url}/\n${hasData ? data : ''}`;
}

/** Aligns rows below a heading. */
export function formatTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/**
 * The names in the comma-separated `only`, in the order of `names`. Default: all.
 * @throws an error with all unknown names, and the valid ones.
 */
export function chooseNames<Name extends string>(only: string | undefined, names: readonly Name[]): Name[] {
  const chosen = only?.split(',').map((name) => name.trim()) ?? names;
  const unknown = chosen.filter((name) => !names.some((known) => known === name));
  if (unknown.length > 0) throw new Error(`--only has '${unknown.join(', ')}'. Valid names: ${names.join(',')}`);
  return names.filter((name) => chosen.includes(name));
}
