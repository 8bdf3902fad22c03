import { flag, option, readOptions, runCommand, say } from './shared/cli';
import { followLogs, formatAsJson, formatForPeople, isOfRequest } from './shared/followLogs';
import { StackCluster, unanswered } from './shared/kubernetes';
import { exitOnSignal } from './shared/process';
import { readOutputs } from './shared/pulumi';

const usage = `npm run logs: follows the logs of all services. Ctrl-C stops it.

  npm run logs -- --service web  one service
  npm run logs -- --request ID   one request or trace
  npm run logs -- --json         print JSON lines`;

runCommand(async () => {
  const { stack, json, request, service } = readOptions(usage, { service: option, json: flag, request: option });
  const format = json ? formatAsJson : formatForPeople;
  void exitOnSignal(0);
  process.stdout.once('error', () => process.exit(0)); // such as `head`, which reads no more
  // Kubernetes adds this label to the pods of Deployments, which services have and databases do not.
  const selector = service === undefined ? 'pod-template-hash' : `app.kubernetes.io/name=${service}`;
  await followLogs(new StackCluster(await readOutputs(stack)), selector, (line) => {
    if (request === undefined || isOfRequest(line, request)) say(format(line));
  }).catch(unanswered(stack));
});
