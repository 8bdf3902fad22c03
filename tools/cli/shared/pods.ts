import { CoreV1Api, type CoreV1Event, type V1Pod, type V2HorizontalPodAutoscaler } from '@kubernetes/client-node';
import { launcherVolume, podLauncher } from '../../../stack/workloads/launcher';
import type { StackCluster } from './kubernetes';

/** Waiting reasons of each new container. */
const ordinary = ['ContainerCreating', 'PodInitializing', undefined];

/** Whether a pod receives requests. */
export function isReady({ metadata, status }: V1Pod): boolean {
  const met = status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  return met === true && metadata?.deletionTimestamp === undefined;
}

export function podState(pod: V1Pod): 'draining' | 'ready' | 'failing' | 'pending' | 'not ready' | 'starting' {
  const [container] = pod.status?.containerStatuses ?? [];
  const { waiting, terminated } = container?.state ?? {};
  if (pod.metadata?.deletionTimestamp) return 'draining';
  if (isReady(pod)) return 'ready';
  // An evicted pod has no containers.
  if (pod.status?.phase === 'Failed' || terminated || !ordinary.includes(waiting?.reason)) return 'failing';
  if (!pod.spec?.nodeName) return 'pending';
  return container?.started ? 'not ready' : 'starting';
}

/** Reasons for a pod's state and its container's last termination, such as `OOMKilled (exit code 137)`; empty without a reason. */
export function podReason({ status }: V1Pod): string {
  const { state, lastState } = status?.containerStatuses?.[0] ?? {};
  const waiting = state?.waiting?.reason;
  const ended = state?.terminated ?? lastState?.terminated;
  const unscheduled = status?.conditions?.find(({ type, status: met }) => type === 'PodScheduled' && met === 'False');
  const exit = ended && `${ended.reason} (exit code ${ended.exitCode})`;
  const reasons = [ordinary.includes(waiting) ? undefined : waiting, unscheduled?.reason, status?.reason, exit];
  return reasons.filter(Boolean).join(', ');
}

export function podRestarts({ status }: V1Pod): number {
  return (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
}

/**
 * The desired number of pods, and percent of requested CPU: the current mean of the pods, and the target. `wanted` is undefined until the
 * autoscaler has metrics: until then, its status has 0.
 */
export function scalerFigures({ spec, status }: V2HorizontalPodAutoscaler) {
  return {
    wanted: status?.desiredReplicas || undefined,
    cpu: status?.currentMetrics?.[0]?.resource?.current.averageUtilization,
    target: spec?.metrics?.[0]?.resource?.target.averageUtilization,
  };
}

/** The state of an autoscaler in a sentence. */
export function describeScaler(scaler: V2HorizontalPodAutoscaler): string {
  const { spec, status } = scaler;
  const { wanted, cpu, target } = scalerFigures(scaler);
  const bounds = `${spec?.minReplicas ?? 1} to ${spec?.maxReplicas}`;
  if (wanted === undefined) return `no metrics yet (${bounds} pods), target ${target} % of requested CPU`;
  const use = cpu === undefined ? 'no metrics yet' : `${cpu} % of requested CPU`;
  const pods = status?.currentReplicas === 1 ? '1 pod' : `${status?.currentReplicas ?? 0} pods`;
  return `${pods}, ${wanted} wanted (${bounds}); ${use}, target ${target} %`;
}

/** Whether a pod can run code from `npm run dev`. */
export function isInDevMode({ spec }: V1Pod): boolean {
  return spec?.volumes?.some(({ name }) => name === launcherVolume) === true;
}

/**
 * The code of the pods in dev mode, by name: the hash of code from `npm run dev`, `image` for the image of the Deployment, or
 * `not known`. Other pods always run their image.
 */
export async function readRunningCode(
  cluster: Pick<StackCluster, 'exec'>,
  pods: readonly V1Pod[],
): Promise<ReadonlyMap<string, string>> {
  // The image has no program but Node.
  const script = `process.stdout.write(fs.readFileSync('${podLauncher.folder}/state.json'))`;
  const read = async ({ metadata, spec }: V1Pod): Promise<readonly [string, string]> => {
    const [name, container] = [metadata?.name ?? '', spec?.containers[0]?.name ?? ''];
    const code = await cluster
      .exec(name, container, ['node', '--eval', script])
      .then((state) => (JSON.parse(state) as { readonly code: string }).code)
      .catch(() => 'not known'); // it may have just started
    return [name, code];
  };
  return new Map(await Promise.all(pods.filter(isInDevMode).map(read)));
}

/** A sentence about pods in dev mode; undefined if there are none. */
export function describeRunningCode(codes: ReadonlyMap<string, string>, up: string): string | undefined {
  if (codes.size === 0) return undefined;
  const other = [...codes.values()].filter((code) => code !== 'image').length;
  return `dev mode, ${other} of ${codes.size} pods run other code than the image. To return to the image: ${up}`;
}

/** What Kubernetes reports last about each pod that is not ready, and each claim without a volume, of a failed update. */
export async function describeFailures(cluster: StackCluster): Promise<string[]> {
  const [core, { namespace }] = [cluster.api(CoreV1Api), cluster];
  const [pods, claims, events] = await Promise.all([
    cluster.pods(),
    core.listNamespacedPersistentVolumeClaim({ namespace }),
    core.listNamespacedEvent({ namespace }), // of the last hour
  ]);
  const isStuck = (pod: V1Pod): boolean =>
    !['ready', 'draining'].includes(podState(pod)) && pod.status?.phase !== 'Succeeded';
  const pending = claims.items.filter(({ status }) => status?.phase === 'Pending');
  const time = ({ lastTimestamp, eventTime }: CoreV1Event): number => Number(lastTimestamp ?? eventTime ?? 0);
  const latest = events.items.sort((one, other) => time(other) - time(one));
  return [...pods.filter(isStuck), ...pending].flatMap((object) => {
    const isScheduled = object.status?.conditions?.some((it) => it.type === 'PodScheduled' && it.status === 'True');
    const own = latest.filter(
      ({ involvedObject, reason }) =>
        involvedObject.name === object.metadata?.name && !(isScheduled && reason === 'FailedScheduling'),
    );
    const event = own.find(({ type }) => type === 'Warning') ?? own[0];
    return event
      ? [`${event.involvedObject.kind} ${event.involvedObject.name}: ${event.reason}: ${event.message}`]
      : [];
  });
}
