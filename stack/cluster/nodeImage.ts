import type * as pulumi from '@pulumi/pulumi';
import { pullOnNode } from './node';
import { DynamicResource, keepState } from './resources';

export interface NodeImageInputs {
  readonly profile: string;
  /** Image reference, as in a pod. */
  readonly image: string;
  /** Of the profile: another identity is another cluster. */
  readonly identity: string;
}

export const nodeImageProvider: pulumi.dynamic.ResourceProvider<NodeImageInputs, NodeImageInputs> = {
  async create(inputs) {
    const { profile, image } = inputs;
    try {
      await pullOnNode(profile, image);
    } catch (error) {
      throw new Error(
        `Image '${image}' can't be pulled, and nothing that needs it was changed. Is its name right, and is the network there?\n${error}`,
      );
    }
    return { id: image, outs: inputs };
  },
  update: keepState,
};

/**
 * An image that a Minikube node holds. A download takes as long as it takes, and one that can't succeed fails at once: a
 * pod that waits for its image can't tell the two apart.
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
