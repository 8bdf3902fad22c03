import type { KubernetesObject } from '@kubernetes/client-node';
import { passedPreflight } from '../../../stack/preflight/preflight';
import { providePassphrase, removeStaleLocks } from './backend';
import { messageOf, npmRun, root, say } from './cli';
import { cleanStackFile } from './configuration';
import { attach, kubectl, read } from './process';
import { exportState, pulumi, readOutputs, type StackState } from './pulumi';

/**
 * Runs an update of `stack` on the terminal. Ctrl-C lets Pulumi finish what it is doing.
 * @param state the stack's state before
 * @throws an Error that says what to do next; Pulumi has shown the reason by then.
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
    // Diffs are independent of each other. `npm run up` has checked the machine itself.
    const env = { PULUMI_PARALLEL_DIFF: 'true', ...passedPreflight() };
    const code = await attach('pulumi', [...args, '--stack', stack], { cwd: root, env, as: 'SIGINT' });
    if (code === 0) return;
  } finally {
    await cleanStackFile(root, stack);
    if (verb === 'up' && !isPreview) await deleteUnrecorded(stack, state);
  }
  throw new Error(
    `\nThe ${verb === 'up' ? 'update' : 'deletion'} failed; the reason is above. What was done is kept. To continue: ${npmRun(verb, stack)}\n` +
      'See also docs/troubleshooting.md',
  );
}

/**
 * Clears the pending operations of a killed run. Pulumi would warn of them until a refresh, which is not needed: the update
 * creates these resources again and adopts what exists. An import of the state clears them; secrets stay encrypted.
 */
async function clearPendingOperations(stack: string, state: StackState | undefined): Promise<void> {
  const pending = state?.deployment.pending_operations ?? [];
  if (pending.length === 0) return;
  await pulumi(['stack', 'import', '--stack', stack], JSON.stringify(state));
  const names = pending.map(({ resource }) => resource.urn.split(/::|\$/).slice(-2).join(' '));
  say(`An earlier run was killed while it worked on: ${names.join(', ')}. This run continues from there.`);
}

/** Deletes what a killed run may have made without recording it. Tells how to, where that fails. */
async function deleteUnrecorded(stack: string, before: StackState | undefined): Promise<void> {
  if ((before?.deployment.pending_operations ?? []).length === 0) return;
  const after = await exportState(stack).catch(() => undefined); // the update has told why, if Pulumi can't
  for (const object of after ? unrecordedObjects(before, after) : []) {
    const command = ['delete', ...object, '--ignore-not-found', '--wait=false'];
    await readOutputs(stack)
      .then((outputs) => kubectl(outputs, read, ...command))
      .catch((error: unknown) => {
        const [name] = object;
        say(
          `${name} may be left over from the killed run. Delete it: ${npmRun('kubectl', stack, ...command)}\n${messageOf(error)}`,
        );
      });
  }
}

/**
 * What a killed run may have made without recording it: `KIND/NAME` and `--namespace=NAMESPACE` of each. The names are Pulumi's own, with a
 * random suffix: the next update makes others, and nothing uses these. An object with a name of ours is adopted instead.
 * @param before the state that the killed run left
 * @param after the state after the next update
 */
export function unrecordedObjects(before: StackState | undefined, after: StackState): string[][] {
  const recorded = new Set(after.deployment.resources?.map(({ id }) => id));
  return (before?.deployment.pending_operations ?? []).flatMap(({ type, resource }) => {
    const { kind, metadata } = (resource.inputs ?? {}) as KubernetesObject; // all with Pulumi's names have a namespace
    if (type !== 'creating' || !metadata?.annotations?.['pulumi.com/autonamed']) return [];
    const { namespace, name } = metadata;
    return recorded.has(`${namespace}/${name}`) ? [] : [[`${kind}/${name}`, `--namespace=${namespace}`]];
  });
}
