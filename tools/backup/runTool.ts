import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';

export interface ToolStreams {
  readonly input?: Readable;
  readonly output?: Writable;
}

/**
 * Runs a program with streams of any length in bounded memory. Returns its error output. `output` ends if it succeeds.
 * @param explain makes the message of a failure from the error output
 * @throws an Error if it fails, which also destroys `output`
 */
export async function runTool(
  program: string,
  args: readonly string[],
  { input, output }: ToolStreams,
  env: NodeJS.ProcessEnv = {},
  explain = (message: string): string => message,
): Promise<string> {
  const child = execa(program, args, {
    env,
    stdin: input ? 'pipe' : 'ignore',
    stdout: output ? 'pipe' : 'ignore',
    buffer: { stdout: false },
    reject: false,
  });
  const streams = [
    ...(input && child.stdin ? [pipeline(input, child.stdin)] : []),
    ...(output && child.stdout ? [pipeline(child.stdout, output, { end: false })] : []),
  ];
  for (const stream of streams) stream.catch(() => child.kill());
  const { failed, stderr, shortMessage } = await child;
  if (failed) {
    const error = new Error(explain(stderr || (shortMessage ?? program)));
    output?.destroy(error);
    throw error;
  }
  await Promise.all(streams);
  output?.end();
  return stderr;
}
