import { readOptions, runCommand } from '../cli/shared/cli';
import { readOutputs } from '../cli/shared/pulumi';
import { exitOnSignal, startDashboard } from './dashboard';

const usage = `npm run dashboard: a page on 127.0.0.1 that shows pods, scaling, requests, database, events and logs live. Ctrl-C ends it.

  npm run dashboard -- --no-logs        without logs, which cost the cluster the most under load
  npm run dashboard -- --stack staging  of another stack than dev`;

runCommand(async () => {
  const { stack, 'no-logs': noLogs } = readOptions(usage, { 'no-logs': { type: 'boolean', default: false } });
  await startDashboard(stack, await readOutputs(stack), !noLogs);
  return exitOnSignal(0);
});
