import type { KubernetesObject } from '@kubernetes/client-node';
import { passedPreflight } from '../../../stack/preflight/preflight';
import { providePassphrase, removeStaleLocks } from './backend';
import { messageOf, npmRun, root, say } from './cli';
import { cleanStackFile } from './configuration';
import { attach, kubectl, read } from './process';
import { exportState, pulumi, readOutputs, type StackState } from './pulumi';

/**
 * Runs an update of `stack` on the terminal. After Ctrl-C, Pulumi finishes its current step.
 * @param state the stack's state before the update
 * @throws an Error with the next step. Pulumi has shown the reason.
 */
export async function runUpdate(
  stack: string,
  state: StackState | undefined,
  verb: 'up' | 'down',
  args: readonly string[],
): Promise<void> {
  await providePassphrase(process.env, false);
  await removeStaleLocks(stack);
  const isPreview = args[0] === 'preview';
  try {
    if (!isPreview) await clearPendingOperations(stack, state);
    // Diffs are independent of each other, and `npm run up` has already checked the machine.
    const env = { PULUMI_PARALLEL_DIFF: 'true', ...passedPreflight() };
    const code = await attach('pulumi', [...args, '--stack', stack], { cwd: root, env });
    if (code === 0) return;
  } finally {
    await cleanStackFile(root, stack);
    if (verb === 'up' && !isPreview) await deleteUnrecorded(stack, state);
  }
  if (isPreview) throw new Error('\nThe preview failed; the reason is above. Nothing was changed.');
  throw new Error(
    `\nThe ${verb === 'up' ? 'update' : 'deletion'} failed; the reason is above. Completed steps are kept. To continue: ${npmRun(verb, stack)}\n` +
      'Remedies: docs/troubleshooting.md, under Update and Pods',
  );
}

/**
 * Clears the pending operations of a killed run. Pulumi would warn about them until a refresh, which is not needed: the update creates
 * these resources again, and adopts existing ones. An import of the state clears them; secrets stay encrypted.
 */
async function clearPendingOperations(stack: string, state: StackState | undefined): Promise<void> {
  const pending = state?.deployment.pending_operations ?? [];
  if (pending.length === 0) return;
  await pulumi(['stack', 'import', '--stack', stack], JSON.stringify(state));
  const names = pending.map(({ resource }) => resource.urn.split(/::|\$/).slice(-2).join(' '));
  say(`An earlier run was killed while it worked on: ${names.join(', ')}. This run continues it.`);
}

/** Deletes objects that a killed run may have created without recording them, or shows the command if that fails. */
async function deleteUnrecorded(stack: string, before: StackState | undefined): Promise<void> {
  if ((before?.deployment.pending_operations ?? []).length === 0) return;
  const after = await exportState(stack).catch(() => undefined); // the update has shown the reason
  for (const object of after ? unrecordedObjects(before, after) : []) {
    const command = ['delete', ...object, '--ignore-not-found', '--wait=false'];
    try {
      await kubectl(await readOutputs(stack), read, ...command);
    } catch (error) {
      const remedy = `Delete it: ${npmRun('kubectl', stack, ...command)}`;
      say(`${object[0]} may be left over from the killed run. ${remedy}\n${messageOf(error)}`);
    }
  }
}

/**
 * `KIND/NAME` and `--namespace=NAMESPACE` of the objects that a killed run may have created without recording them. Their names have
 * Pulumi's random suffix, so nothing uses them, and the next update creates others. Objects with fixed names are adopted instead.
 * @param before the state after the killed run
 * @param after the state after the next update
 */
export function unrecordedObjects(before: StackState | undefined, after: StackState): string[][] {
  const recorded = new Set(after.deployment.resources?.map(({ id }) => id));
  return (before?.deployment.pending_operations ?? []).flatMap(({ type, resource }) => {
    const { kind, metadata } = (resource.inputs ?? {}) as KubernetesObject; // all with random names have a namespace
    if (type !== 'creating' || !metadata?.annotations?.['pulumi.com/autonamed']) return [];
    const { namespace, name } = metadata;
    return recorded.has(`${namespace}/${name}`) ? [] : [[`${kind}/${name}`, `--namespace=${namespace}`]];
  });
}
