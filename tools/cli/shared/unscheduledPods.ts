import { readOutputs, withKubectl } from './cluster';

/** What `kubectl get pods --output=json` gives, as far as it is read here. */
interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: {
      readonly conditions?: readonly { readonly type: string; readonly reason?: string; readonly message?: string }[];
    };
  }[];
}

/** A sentence for each pod of `list` that no node can take. */
export function describeUnscheduled({ items }: PodList): string[] {
  return items.flatMap(({ metadata, status }) =>
    (status.conditions ?? [])
      .filter(({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable')
      .map(({ message = 'no reason given' }) => `Pod ${metadata.name} has no node that can take it: ${message}`),
  );
}

/** The same of a stack whose update failed: Pulumi tells why a pod fails, but not why it never began. Empty if nobody can be asked. */
export async function unscheduledPods(stack: string): Promise<string[]> {
  try {
    const pods = await withKubectl(await readOutputs(stack), (kubectl) =>
      kubectl.read('get', 'pods', '--output=json', '--request-timeout=5s'),
    );
    return describeUnscheduled(JSON.parse(pods) as PodList);
  } catch {
    return [];
  }
}
