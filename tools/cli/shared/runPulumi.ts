import { CommandError, type Stack } from '@pulumi/pulumi/automation';
import { root } from './command';
import { forgetPending } from './forgetPending';
import { cleanStackFile } from './stackFile';
import { overStaleLock } from './staleLock';

/** What each run of Pulumi is given: where its progress goes, and how it is stopped. */
export interface RunOptions {
  readonly onOutput: (text: string) => void;
  readonly onError: (text: string) => void;
  readonly color: 'always' | 'never';
  readonly signal: AbortSignal;
}

/**
 * Runs `work`, an update of `stack`, with its progress on the terminal. Ctrl-C lets Pulumi finish what it is at.
 * @throws an Error that says what to do next; Pulumi has told the reason by then.
 */
export async function runPulumi<T>(
  stack: Stack,
  verb: 'up' | 'down',
  work: (options: RunOptions) => Promise<T>,
): Promise<T> {
  const interrupt = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    // A terminal sends Ctrl-C to Pulumi itself too, and a second one would make it drop everything.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) interrupt.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  try {
    return await overStaleLock(stack, async () => {
      await forgetPending(stack);
      return work({
        onOutput: (text) => process.stdout.write(text),
        onError: (text) => process.stderr.write(text),
        color: process.stdout.isTTY ? 'always' : 'never',
        signal: interrupt.signal,
      });
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const again = `npm run ${verb}${stack.name === 'dev' ? '' : ` -- --stack ${stack.name}`}`;
    throw new Error(
      `\nIt did not succeed; the reason is above. What was done is kept, and this goes on from there: ${again}\n` +
        'Reasons and remedies: docs/troubleshooting.md',
    );
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
    await cleanStackFile(root, stack.name);
  }
}
