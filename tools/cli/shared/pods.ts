import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';
import { launcherVolume, podLauncher } from '../../../stack/workloads/launcher';
import type { StackCluster } from './kubernetes';

/** Whether a pod takes code from `npm run dev`. */
export function isInDevMode({ spec }: V1Pod): boolean {
  return spec?.volumes?.some(({ name }) => name === launcherVolume) === true;
}

/**
 * What the service's pods run, by name: the hash of code that `npm run dev` has sent, `image` for the image of the Deployment, or
 * `not known`. Only pods in dev mode are asked, as all others can run nothing but their image.
 */
export async function readRunningCode(
  cluster: Pick<StackCluster, 'exec'>,
  pods: readonly V1Pod[],
): Promise<ReadonlyMap<string, string>> {
  const read = async ({ metadata, spec }: V1Pod): Promise<readonly [string, string]> => {
    const [name, container] = [metadata?.name ?? '', spec?.containers[0]?.name ?? ''];
    const code = await cluster
      .exec(name, container, ['cat', `${podLauncher.folder}/state.json`])
      .then((state) => (JSON.parse(state) as { readonly code: string }).code)
      .catch(() => 'not known'); // it has just started
    return [name, code];
  };
  return new Map(await Promise.all(pods.filter(isInDevMode).map(read)));
}

/** A sentence on pods in dev mode, with what to do; undefined if there are none. */
export function describeRunningCode(codes: ReadonlyMap<string, string>, up: string): string | undefined {
  if (codes.size === 0) return undefined;
  const other = [...codes.values()].filter((code) => code !== 'image').length;
  return `dev mode, ${other} of ${codes.size} pods run other code than the image. Back to the image alone: ${up}`;
}

/** A sentence for each pod of `pods` that runs and is not ready, with what its last failed probe in `events` met. */
export function describeFailedProbes(pods: readonly V1Pod[], events: readonly CoreV1Event[]): string[] {
  const isStuck = ({ metadata, status }: V1Pod): boolean =>
    metadata?.deletionTimestamp === undefined &&
    (status?.containerStatuses ?? []).some(({ ready, state }) => !ready && state?.running !== undefined);
  return pods.filter(isStuck).flatMap(({ metadata }) => {
    const failure = events.findLast(({ reason, involvedObject }) => {
      return reason === 'Unhealthy' && involvedObject.name === metadata?.name;
    });
    return failure ? [`Pod ${metadata?.name} runs, and is not ready. ${failure.message} (docs/your-service.md)`] : [];
  });
}

/** A sentence for each pod of `pods` that no node can take, or that has no volume yet. */
export function describeUnscheduled(pods: readonly V1Pod[]): string[] {
  return pods.flatMap(({ metadata, status }) =>
    (status?.conditions ?? [])
      .filter(({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable')
      .map(({ message = 'no reason given' }) => {
        const lacks = /PersistentVolumeClaim/i.test(message) ? 'volume' : 'node that can take it';
        return `Pod ${metadata?.name} has no ${lacks}: ${message}`;
      }),
  );
}
