import { execFile } from 'node:child_process';
import { probes } from '../../service/contract';
import { type Kubectl, readOutputs, type StackOutputs, withKubectl } from './shared/cluster';
import { describeScaling, describeVolume, type KubernetesList, podRow } from './shared/clusterStatus';
import { readOptions, runCommand, say } from './shared/command';
import { formatTable } from './shared/table';

const usage = `npm run status: what runs. Exit code 1 if the service is not well.

  npm run status -- --stack staging  of another stack than dev`;

/** Milliseconds that the service has to tell its health: more than the second that it gives its database. */
const healthMs = 3000;

runCommand(async () => {
  const { stack } = readOptions(usage, {});
  const outputs = await readOutputs(stack);
  const [health, cluster] = await Promise.all([readHealth(outputs.url), readCluster(outputs.profile)]);
  say(`service   ${outputs.url}: ${health.text}\ncluster   ${cluster}\nimage     ${outputs.imageDigest}`);
  const answers = await withKubectl(outputs, showObjects);
  if (!answers) say('\nIts API does not answer. Start it, with all data: npm run up');
  return health.ok && answers ? 0 : 1;
});

async function readHealth(url: string): Promise<{ readonly ok: boolean; readonly text: string }> {
  try {
    const response = await fetch(url + probes.startup, { signal: AbortSignal.timeout(healthMs) });
    return { ok: response.ok, text: `${response.status} ${(await response.text()).slice(0, 200)}` };
  } catch {
    return { ok: false, text: `no answer within ${healthMs / 1000} s` };
  }
}

async function readCluster(profile: StackOutputs['profile']): Promise<string> {
  if (profile === '') return "not the stack's own";
  const state = await new Promise<string>((resolve) => {
    // A stopped cluster is told by the exit code too: that is no failure here.
    execFile('minikube', ['status', `--profile=${profile}`, '--format={{.Host}}'], (_error, stdout) => {
      // The state is the first line. Below it Minikube warns that the user's own kubeconfig does not have the cluster: it need not.
      const [first = ''] = stdout.split('\n');
      resolve(/^\w+$/.test(first) ? first : 'not there any more');
    });
  });
  return `Minikube profile ${profile}, ${state}`;
}

/** Shows the stack's objects. Returns whether the cluster answered. */
async function showObjects(kubectl: Kubectl): Promise<boolean> {
  const list = await kubectl
    .read(
      'get',
      'pods,horizontalpodautoscalers.v2.autoscaling,persistentvolumeclaims',
      '--output=json',
      '--request-timeout=5s',
    )
    .catch(() => undefined);
  if (list === undefined) return false;
  const { items } = JSON.parse(list) as KubernetesList;
  const of = (kind: string) => items.filter((item) => item.kind === kind);
  for (const scaler of of('HorizontalPodAutoscaler')) say(`scaling   ${describeScaling(scaler)}`);
  for (const claim of of('PersistentVolumeClaim')) say(`volume    ${describeVolume(claim, await readUse(kubectl))}`);
  say(`\n${formatTable(['pod', 'state', 'restarts'], of('Pod').map(podRow))}`);
  return true;
}

/** KiB of the database's files. The volume itself is a folder on the node's disk, and tells the whole disk's use. */
async function readUse(kubectl: Kubectl): Promise<number | undefined> {
  const answer = await kubectl.read('exec', 'mongo-0', '--', 'du', '-sk', '/data/db').catch(() => '');
  return answer === '' ? undefined : Number.parseInt(answer, 10);
}
