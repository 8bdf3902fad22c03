import type { Deployment, Stack } from '@pulumi/pulumi/automation';
import { say } from './command';

/** The part of Pulumi's state that tells what a run was at when it was killed. */
interface State {
  readonly pending_operations?: readonly { readonly resource: { readonly urn: string } }[];
}

/** `state` without the operations that were under way, and the names of their resources. */
export function withoutPending(state: State): { readonly names: string[]; readonly state: State } {
  const { pending_operations: pending = [], ...rest } = state;
  return { names: pending.map(({ resource }) => resource.urn.split(/::|\$/).slice(-2).join(' ')), state: rest };
}

/**
 * Makes `stack` forget what a killed run was at. Pulumi would warn of it until a refresh. Here nothing needs one: the
 * update makes these resources again, and takes over what is there already.
 */
export async function forgetPending(stack: Stack): Promise<void> {
  const exported = await stack.exportStack();
  const { names, state } = withoutPending(exported.deployment as State);
  if (names.length === 0) return;
  await stack.importStack({ ...exported, deployment: state } as Deployment);
  say(`An earlier run was killed while it was at: ${names.join(', ')}. This run goes on from there.`);
}
