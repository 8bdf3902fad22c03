import { randomUUID } from 'node:crypto';
import type * as pulumi from '@pulumi/pulumi';
import * as minikube from './minikube';
import { assertNotMoved, explainMove, type Location, readLocation, readProfiles } from './minikubeLocation';
import { removeRegistry } from './minikubeRegistry';
import { DynamicResource, keepState } from './resources';

/** Settings of a Minikube cluster that can't be changed: another value creates a new cluster. */
export interface MinikubeProfileInputs {
  readonly profile: string;
  readonly nodePort: number;
  /** Comma-separated. Missing if there are none, as in older stacks. */
  readonly extraNodePorts?: string;
  /** Always containerd. Earlier versions allowed others. */
  readonly containerRuntime: string;
  /** Of an earlier version, whose registry was in the cluster. */
  readonly registryPort?: number;
  /** Whether such a change is allowed, which deletes the cluster. */
  readonly loseData: boolean;
}

/** The inputs, and an id that distinguishes the cluster from earlier ones of the same name. Older stacks have no location. */
export interface MinikubeProfileState extends MinikubeProfileInputs, Partial<Location> {
  readonly identity: string;
}

const fixed = ['profile', 'nodePort', 'extraNodePorts', 'containerRuntime', 'registryPort'] as const;

/** Why the cluster must be recreated: the changed inputs, or `identity` if it is gone. */
export function replacements(olds: MinikubeProfileState, news: MinikubeProfileInputs, exists: boolean): string[] {
  const changed = fixed.filter((key) => olds[key] !== news[key]);
  return exists || changed.length > 0 ? changed : ['identity'];
}

export const minikubeProfileProvider: pulumi.dynamic.ResourceProvider<MinikubeProfileInputs, MinikubeProfileState> = {
  async check(olds: Partial<MinikubeProfileState>, news) {
    const current = await readLocation();
    const { identity = randomUUID(), home = current.home, engine = current.engine, endpoint = current.endpoint } = olds;
    const move = explainMove(news.profile, olds, current);
    const failures = move ? [{ property: 'home', reason: move }] : [];
    if (olds.identity !== undefined && !news.loseData) {
      for (const key of replacements(olds as MinikubeProfileState, news, true)) failures.push(refuse(key, olds));
    }
    return { inputs: { ...news, identity, home, engine, endpoint }, failures };
  },
  async diff(_id, olds, news) {
    const replaces = replacements(olds, news, await minikube.exists(olds.profile));
    return { changes: replaces.length > 0, replaces, deleteBeforeReplace: true };
  },
  // The first step of `up`: a profile that this stack did not create is never taken over.
  async create(inputs) {
    const { profile } = inputs;
    if ((await readProfiles()).includes(profile) || (await minikube.hasNode(profile))) {
      throw new Error(
        `Minikube already has a profile '${profile}', which this stack did not create. ` +
          `Choose another name (pulumi config set profile NAME), or delete that cluster (minikube delete -p ${profile}).`,
      );
    }
    return { id: profile, outs: inputs as MinikubeProfileState };
  },
  update: keepState,
  async delete(profile, state) {
    await assertNotMoved(profile, state);
    await removeRegistry(profile); // a killed `up` may have created it without recording it
    await minikube.remove(profile);
  },
};

function refuse(key: string, olds: Partial<MinikubeProfileState>): { property: string; reason: string } {
  const reason =
    `It was '${olds[key as keyof MinikubeProfileInputs] ?? ''}', and a cluster keeps it: a new cluster would be created, and the data of this ` +
    'stack would be lost, so nothing was changed. Undo the change, or return to the version of this project that created the cluster. Or ' +
    'move the data to a new cluster: npm run backup -- FILE; npm run up -- --lose-data --restore FILE ' +
    '(plain Pulumi: pulumi config set loseData true, for one pulumi up).';
  return { property: key, reason };
}

/**
 * Reserves a Minikube profile for the stack. It starts nothing: it is in the state before Minikube runs, so that `destroy` deletes
 * whatever an interrupted `up` left. Deleting it deletes the cluster.
 */
export class MinikubeProfile extends DynamicResource {
  declare readonly profile: pulumi.Output<string>;
  declare readonly identity: pulumi.Output<string>;

  constructor(name: string, inputs: MinikubeProfileInputs, opts?: pulumi.CustomResourceOptions) {
    super('minikube:Profile', name, { ...inputs, identity: undefined }, opts);
  }
}
