import { once } from 'node:events';
import { readOptions, runCommand } from '../cli/shared/cli';
import { readOutputs } from '../cli/shared/pulumi';
import { startDashboard } from './dashboard';

const usage = `npm run dashboard: a page on 127.0.0.1 that shows pods, scaling, requests, database, events and logs live. Ctrl-C ends it.

  npm run dashboard -- --port 4100     on this port; default: the first from 4040 on that is free
  npm run dashboard -- --stack staging  another stack than dev`;

runCommand(async () => {
  const { stack, port } = readOptions(usage, { port: { type: 'string' } });
  if (port !== undefined && !(Number(port) > 0 && Number(port) < 65_536)) {
    throw new Error(`'${port}' is no port: give a number from 1 to 65535, such as --port 4100`);
  }
  await startDashboard(stack, await readOutputs(stack), port === undefined ? undefined : Number(port));
  await Promise.race((['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => once(process, signal)));
  process.exit(0); // watches have no end of their own
});
