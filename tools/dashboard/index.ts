import { readOptions, runCommand } from '../cli/shared/cli';
import { exitOnSignal } from '../cli/shared/process';
import { readOutputs } from '../cli/shared/pulumi';
import { startDashboard } from './dashboard';

const usage = `npm run dashboard: serves a live page of pods, scaling, requests, database, events and logs on 127.0.0.1. Ctrl-C stops it.`;

runCommand(async () => {
  const { stack } = readOptions(usage, {});
  await startDashboard(stack, await readOutputs(stack));
  return exitOnSignal(0);
});
