import { readOptions, runCommand } from '../cli/shared/cli';
import { exitOnSignal } from '../cli/shared/process';
import { readOutputs } from '../cli/shared/pulumi';
import { startDashboard } from './dashboard';

const usage = `npm run dashboard: a page on 127.0.0.1 that shows pods, scaling, requests, database, events and logs live. Ctrl-C ends it.

  npm run dashboard -- --stack staging  of another stack than dev`;

runCommand(async () => {
  const { stack } = readOptions(usage, {});
  await startDashboard(stack, await readOutputs(stack));
  return exitOnSignal(0);
});
