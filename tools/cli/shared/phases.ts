import type { ResourceState, StackState } from './pulumi';

/** When a part of the stack was ready, in seconds after the start of the update. */
export interface Phase {
  readonly name: string;
  readonly seconds: number;
}

/** The parts that take time, by the end of their type. Workloads have their own names. */
const parts: readonly { readonly type: string; readonly name?: string }[] = [
  { type: '/minikube:Registry', name: 'registry' },
  { type: '/minikube:Start', name: 'Minikube' },
  { type: '/image:Image', name: 'image' },
  { type: ':StatefulSet' },
  { type: ':Deployment' },
];

/** The parts of `state` that an update which started at `start`, in milliseconds since 1970, has made or changed, in their order. */
export function readPhases(state: StackState, start: number): Phase[] {
  return (state.deployment.resources ?? [])
    .map((resource) => ({ name: nameOf(resource), seconds: (Date.parse(resource.modified ?? '') - start) / 1000 }))
    .filter((phase): phase is Phase => phase.name !== undefined && phase.seconds > 0)
    .sort((one, other) => one.seconds - other.seconds);
}

function nameOf({ type, urn }: ResourceState): string | undefined {
  const part = parts.find((it) => type.endsWith(it.type));
  return part && (part.name ?? urn.split('::').pop());
}
