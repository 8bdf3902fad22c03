import { type MinikubeProfileState, replacements } from '../../../stack/cluster/minikubeProfile';
import type { Configuration } from '../../../stack/configuration/configuration';
import { npmRun } from './cli';
import type { StackState } from './pulumi';

/** A resource in a stack's state, as far as it is read here. */
interface Resource {
  readonly type: string;
  readonly inputs?: {
    readonly metadata?: { readonly namespace?: string };
    readonly spec?: { readonly storageClassName?: string };
    readonly context?: string;
  };
}

/** Which changes to `configuration` cost the database that `resources`, a stack's state, has: none if it has none. */
export function lostData(resources: readonly Resource[], { cluster, namespace, database }: Configuration): string[] {
  const inputsOf = (type: string): Resource['inputs'] => resources.find((resource) => resource.type === type)?.inputs;
  const claim = inputsOf('kubernetes:core/v1:PersistentVolumeClaim');
  if (claim === undefined) return [];

  const changes: string[] = [];
  const compare = (key: string, old: unknown, now: unknown): void => {
    if (old !== now) changes.push(`${key} from '${old ?? ''}' to '${now ?? ''}'`);
  };
  const profile = inputsOf('pulumi-nodejs:dynamic/minikube:Profile') as unknown as MinikubeProfileState | undefined;
  compare('cluster', profile ? 'minikube' : 'existing', cluster.kind);
  if (profile && cluster.kind === 'minikube') {
    for (const key of replacements(profile, { ...cluster, loseData: false }, true) as (keyof typeof cluster &
      keyof typeof profile)[]) {
      compare(key, profile[key], cluster[key]);
    }
  } else if (!profile && cluster.kind === 'existing') {
    compare('context', inputsOf('pulumi:providers:kubernetes')?.context, cluster.context);
  }
  compare('namespace', claim.metadata?.namespace, namespace);
  if (database.kind === 'external') changes.push('mongoUri, which names another database');
  else compare('storageClass', claim.spec?.storageClassName, database.storageClass);
  return changes;
}

/**
 * Refuses an update that would delete the database.
 * @throws an Error that names the changes that would, and how to make them all the same.
 */
export function keepData(stack: string, state: StackState | undefined, configuration: Configuration): void {
  const changes = lostData(state?.deployment.resources ?? [], configuration);
  if (changes.length === 0) return;
  throw new Error(
    `This would delete the database of stack '${stack}' and all its data. Nothing was changed.\n` +
      `${changes.map((change) => `  - you changed ${change}`).join('\n')}\n` +
      `To keep the data, undo that. To begin anew without it: ${npmRun('up', stack, '--lose-data')}`,
  );
}
