import type * as pulumi from '@pulumi/pulumi';
import { explainMove, type Location, readLocation } from './minikubeProfile';
import { DynamicResource, hasOtherProvider } from './resources';

export interface MinikubeLocationInputs {
  readonly profile: string;
}

type MinikubeLocationState = MinikubeLocationInputs & Location;

export const minikubeLocationProvider: pulumi.dynamic.ResourceProvider<MinikubeLocationInputs, MinikubeLocationState> =
  {
    async diff(_id, olds, news) {
      const moved = olds.profile !== news.profile;
      return { changes: moved || hasOtherProvider(olds, news), replaces: moved ? ['profile'] : [] };
    },
    async create(inputs) {
      return { id: inputs.profile, outs: { ...inputs, ...(await readLocation()) } };
    },
    async update(_id, olds, news) {
      return { outs: { ...olds, ...news } };
    },
    async delete(profile, state) {
      const move = explainMove(profile, state, await readLocation());
      if (move) throw new Error(move);
    },
  };

/**
 * Where the cluster is. As it depends on all else, a destroy deletes it first, and alone: from elsewhere, where the cluster is
 * not seen, the destroy ends here, before it drops passwords and all that is deleted with the cluster from the state.
 */
export class MinikubeLocation extends DynamicResource {
  constructor(name: string, inputs: pulumi.Inputs & MinikubeLocationInputs, opts: pulumi.CustomResourceOptions) {
    super('minikube:Location', name, inputs, opts);
  }
}
