import { AutoscalingV2Api, CoreV1Api, type V1PersistentVolumeClaim, type V1Pod } from '@kubernetes/client-node';
import { run } from '../../stack/cluster/run';
import { formatTable, npmRun, readOptions, root, runCommand, say } from './shared/cli';
import { readValues } from './shared/configuration';
import { StackCluster, unanswered } from './shared/kubernetes';
import { describeRunningCode, describeScaler, podReason, podRestarts, podState, readRunningCode } from './shared/pods';
import { readOutputs } from './shared/pulumi';

const usage = `npm run status: shows the state of the stack. Exit code 1 if a service is unhealthy.`;

/** Time-out in milliseconds of a health check: more than the second that the service gives its database. */
const healthMs = 3000;

runCommand(async () => {
  const { stack } = readOptions(usage, {});
  const outputs = await readOutputs(stack);
  const services = Object.entries(outputs.services);
  const [cluster, ...healths] = await Promise.all([
    describeCluster(stack, outputs.profile),
    ...services.map(([, { health }]) => readHealth(health)),
  ]);
  services.forEach(([name, { url }], index) => {
    say(`service   ${ifSeveral(services, name)}${url}: ${healths[index]?.text}`);
  });
  say(`cluster   ${cluster}\nimage     ${outputs.imageDigest}`);
  say(await describeObjects(new StackCluster(outputs), stack).catch(unanswered(stack)));
  return healths.every(({ ok }) => ok) ? 0 : 1;
});

/** The name, if there are several of a kind. */
function ifSeveral(all: readonly unknown[], name = ''): string {
  return all.length > 1 ? `${name} ` : '';
}

async function readHealth(health: string): Promise<{ readonly ok: boolean; readonly text: string }> {
  try {
    const response = await fetch(health, { signal: AbortSignal.timeout(healthMs) });
    return { ok: response.ok, text: `${response.status} ${(await response.text()).trim().slice(0, 200)}` };
  } catch {
    return { ok: false, text: `no response within ${healthMs / 1000} s` };
  }
}

async function describeCluster(stack: string, profile: string): Promise<string> {
  if ((await readValues(root, stack)).get('cluster') === 'existing') return `context ${profile}, not the stack's own`;
  // The exit code is not 0 for a stopped cluster. A warning that the user's kubeconfig does not have the cluster follows the state.
  const answer = await run('minikube', ['status', `--profile=${profile}`, '--format={{.Host}}']);
  const [state = ''] = (answer?.stdout || answer?.stderr || 'unknown, as minikube can not be run').split('\n');
  return `Minikube profile ${profile}, ${/^\W*Profile "\S+" not found/.test(state) ? 'deleted' : state}`;
}

async function describeObjects(cluster: StackCluster, stack: string): Promise<string> {
  const { namespace } = cluster;
  const [all, scalers, claims] = await Promise.all([
    cluster.pods(),
    cluster.api(AutoscalingV2Api).listNamespacedHorizontalPodAutoscaler({ namespace }),
    cluster.api(CoreV1Api).listNamespacedPersistentVolumeClaim({ namespace }),
  ]);
  const pods = all.filter(({ status }) => status?.phase !== 'Succeeded'); // without pods of completed Jobs
  const volumes = await Promise.all(claims.items.map((claim) => describeVolume(cluster, pods, claim)));
  const codes = await readRunningCode(cluster, pods);
  const dev = describeRunningCode(codes, npmRun('up', stack));
  return [
    ...(dev === undefined ? [] : [`code      ${dev}`]),
    ...scalers.items.map(
      (scaler) => `scaling   ${ifSeveral(scalers.items, scaler.metadata?.name)}${describeScaler(scaler)}`,
    ),
    ...volumes.map((volume) => `volume    ${volume}`),
    `\n${formatTable(
      ['pod', 'state', 'restarts', ...(dev === undefined ? [] : ['code'])],
      pods.map((pod) => {
        const [name, state] = [pod.metadata?.name ?? '', [podState(pod), podReason(pod)].filter(Boolean).join(', ')];
        return [name, state, String(podRestarts(pod)), codes.get(name) ?? ''];
      }),
    )}`,
  ].join('\n');
}

/** Size and use of a volume. `df` would show the node's whole disk, as the volume is a folder on it. */
async function describeVolume(
  cluster: StackCluster,
  pods: readonly V1Pod[],
  { metadata, spec, status }: V1PersistentVolumeClaim,
): Promise<string> {
  const pod = pods.find((it) => it.spec?.volumes?.some((v) => v.persistentVolumeClaim?.claimName === metadata?.name));
  const du = ['du', '-sk', '/data/db'];
  const kibibytes = pod && (await cluster.exec(pod.metadata?.name ?? '', 'mongo', du).catch(() => undefined));
  const used = kibibytes ? `${(Number.parseInt(kibibytes, 10) / 1024).toFixed(0)} MiB used` : 'usage unknown';
  return `${metadata?.name}: ${used} of ${spec?.resources?.requests?.storage}, ${status?.phase}`;
}
