import * as pulumi from '@pulumi/pulumi';
import * as minikube from './minikube';

/** What can't be changed on a Minikube cluster that exists: a change of any of these makes a new one. */
export interface MinikubeProfileInputs {
  readonly profile: string;
  readonly cpus: number;
  /** MiB. */
  readonly memory: number;
  readonly nodePort: number;
  readonly registryPort: number;
  readonly containerRuntime: string;
}

/** The inputs, and a name for this one cluster among all that ever bear the profile's name. */
export interface MinikubeProfileState extends MinikubeProfileInputs {
  readonly identity: string;
}

const fixed = ['profile', 'cpus', 'memory', 'nodePort', 'registryPort', 'containerRuntime'] as const;

/** Why the cluster must be made anew: the changed inputs, or its identity if Minikube no longer knows the profile. */
export function replacements(olds: MinikubeProfileState, news: MinikubeProfileInputs, exists: boolean): string[] {
  const changed = fixed.filter((key) => olds[key] !== news[key]);
  return exists || changed.length > 0 ? changed : ['identity'];
}

const provider: pulumi.dynamic.ResourceProvider<MinikubeProfileInputs, MinikubeProfileState> = {
  async check(olds: Partial<MinikubeProfileState>, news) {
    return { inputs: { ...news, identity: olds.identity ?? require('crypto').randomUUID() } };
  },
  async diff(_id, olds, news) {
    const replaces = replacements(olds, news, await minikube.exists(olds.profile));
    return { changes: replaces.length > 0, replaces, deleteBeforeReplace: true };
  },
  // The first thing that `up` does: a profile of that name which this stack did not make is never taken over.
  async create(inputs) {
    const { profile } = inputs;
    if ((await minikube.profiles()).includes(profile)) {
      throw new Error(
        `Minikube has a profile '${profile}' already, and this stack did not make it. ` +
          `Choose another name (pulumi config set profile NAME), or delete that cluster (minikube delete -p ${profile}).`,
      );
    }
    return { id: inputs.profile, outs: inputs as MinikubeProfileState };
  },
  delete: (profile) => minikube.remove(profile),
};

/**
 * The stack's claim on a Minikube profile. Nothing is started here: the claim is in the state before Minikube is called, so
 * that `destroy` finds whatever an interrupted `up` leaves. Deleting it deletes the cluster.
 */
export class MinikubeProfile extends pulumi.dynamic.Resource {
  declare readonly profile: pulumi.Output<string>;
  declare readonly identity: pulumi.Output<string>;

  constructor(name: string, inputs: MinikubeProfileInputs, opts?: pulumi.CustomResourceOptions) {
    super(provider, name, { ...inputs, identity: undefined }, opts, 'minikube', 'Profile');
  }
}
