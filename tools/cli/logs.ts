import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { type Kubectl, readOutputs, withKubectl } from './shared/cluster';
import { readOptions, runCommand, say } from './shared/command';
import { formatAsJson, formatForPeople, isOfRequest, type LogLine } from './shared/logLine';

const usage = `npm run logs: what all pods of the service log, from now on. Ctrl-C ends it.

  npm run logs -- --request ID     only of the request, or trace, with this id
  npm run logs -- --json           as JSON, a line each
  npm run logs -- --stack staging  of another stack than dev`;

/** Milliseconds between two looks for pods that came since: the autoscaler's own period is 5 s. */
const lookMs = 2000;

/** Lines of its past that are shown of a pod met first. */
const past = 20;

runCommand(async () => {
  const { stack, json, request } = readOptions(usage, {
    json: { type: 'boolean', default: false },
    request: { type: 'string' },
  });
  const format = json ? formatAsJson : formatForPeople;
  const show = (line: LogLine): void => {
    if (request === undefined || isOfRequest(line, request)) say(format(line));
  };
  const end = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end.abort());
  process.stdout.once('error', () => end.abort()); // nobody reads any more
  await withKubectl(await readOutputs(stack), (kubectl) => follow(kubectl, show, end.signal)).finally(() =>
    end.abort(),
  );
});

/** Follows the log of each of the service's pods, those too that come later, until `end`. */
async function follow(kubectl: Kubectl, show: (line: LogLine) => void, end: AbortSignal): Promise<void> {
  const followed = new Set<string>();
  const seen = new Map<string, string>();
  while (!end.aborted) {
    const pods = await kubectl.read('get', 'pods', '--selector=app.kubernetes.io/name=web', '--output=name');
    for (const pod of pods.split('\n').filter((name) => name !== '' && !followed.has(name))) {
      const since = seen.get(pod); // its container was started anew
      followed.add(pod);
      void followPod(kubectl, pod, since ? `--since-time=${since}` : `--tail=${past}`, show, end).then(() => {
        followed.delete(pod);
        seen.set(pod, new Date().toISOString());
      });
    }
    await wait(lookMs, undefined, { signal: end }).catch(() => undefined);
  }
}

async function followPod(
  kubectl: Kubectl,
  pod: string,
  from: string,
  show: (line: LogLine) => void,
  end: AbortSignal,
): Promise<void> {
  const child = kubectl.stream('logs', '--follow', from, pod);
  const stop = (): boolean => child.kill();
  end.addEventListener('abort', stop);
  createInterface({ input: child.stdout }).on('line', (text) => show({ pod: pod.replace('pod/', ''), text }));
  await once(child, 'close');
  end.removeEventListener('abort', stop);
}
