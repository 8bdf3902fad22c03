import * as pulumi from '@pulumi/pulumi';
import * as minikube from './minikube';

export interface MinikubeImageInputs {
  readonly profile: string;
  /** Image reference, as in a pod. */
  readonly image: string;
  /** Of the profile: another identity is another cluster. */
  readonly identity: string;
}

const provider: pulumi.dynamic.ResourceProvider<MinikubeImageInputs, MinikubeImageInputs> = {
  async diff(_id, olds, news) {
    const replaces = (['image', 'identity'] as const).filter((key) => olds[key] !== news[key]);
    return { changes: replaces.length > 0, replaces };
  },
  async create(inputs) {
    const { profile, image } = inputs;
    try {
      await minikube.output('minikube', [
        'ssh',
        `--profile=${profile}`,
        '--',
        `sudo crictl inspecti -q ${image} >/dev/null 2>&1 || sudo crictl pull ${image}`,
      ]);
    } catch (error) {
      throw new Error(
        `Image '${image}' can't be had, and nothing that needs it was changed. Is its name right, and is the network there?\n${error}`,
      );
    }
    return { id: image, outs: inputs };
  },
};

/**
 * An image that a Minikube node holds. A download takes as long as it takes, and one that can't succeed fails at once: a
 * pod that waits for its image can't tell the two apart.
 */
export class MinikubeImage extends pulumi.dynamic.Resource {
  declare readonly image: pulumi.Output<string>;

  constructor(
    name: string,
    inputs: pulumi.Inputs & Record<keyof MinikubeImageInputs, unknown>,
    opts: pulumi.CustomResourceOptions,
  ) {
    super(provider, name, inputs, opts, 'minikube', 'Image');
  }
}
