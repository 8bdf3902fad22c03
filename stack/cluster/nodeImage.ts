import type * as pulumi from '@pulumi/pulumi';
import { pullOnNode } from './node';
import { DynamicResource, keepState } from './resources';

export interface NodeImageInputs {
  readonly profile: string;
  /** Image reference, as in a pod. */
  readonly image: string;
  /** Identity of the profile. A new one means a new cluster. */
  readonly identity: string;
}

export const nodeImageProvider: pulumi.dynamic.ResourceProvider<NodeImageInputs, NodeImageInputs> = {
  async create(inputs) {
    const { profile, image } = inputs;
    try {
      await pullOnNode(profile, image);
    } catch (error) {
      throw new Error(
        `Image '${image}' can't be pulled. Nothing that needs it was changed. Check its name and the network.\n${error}`,
      );
    }
    return { id: image, outs: inputs };
  },
  update: keepState,
};

/**
 * An image on a Minikube node. A slow download has no time limit, and a failed one is reported at once. For a pod that waits for its
 * image, both look the same.
 */
export class NodeImage extends DynamicResource {
  declare readonly image: pulumi.Output<string>;

  constructor(
    name: string,
    inputs: pulumi.Inputs & Record<keyof NodeImageInputs, unknown>,
    opts: pulumi.CustomResourceOptions,
  ) {
    super('minikube:Image', name, inputs, { ...opts, replaceOnChanges: ['image', 'identity'] });
  }
}
