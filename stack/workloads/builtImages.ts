import type * as pulumi from '@pulumi/pulumi';
import { output } from '../cluster/minikube';
import { DynamicResource, hasOtherProvider } from '../dynamicResource';

export interface BuiltImagesInputs {
  /** Name of the images without a tag, as they are pushed. */
  readonly repository: string;
}

export const builtImagesProvider: pulumi.dynamic.ResourceProvider<BuiltImagesInputs, BuiltImagesInputs> = {
  async diff(_id, olds, news) {
    const moved = olds.repository !== news.repository;
    return { changes: moved || hasOtherProvider(olds, news), replaces: moved ? ['repository'] : [] };
  },
  async create(inputs) {
    return { id: inputs.repository, outs: inputs };
  },
  async update(_id, _olds, news) {
    return { outs: news };
  },
  async delete(repository) {
    const built = await output('docker', ['image', 'ls', '--quiet', `--filter=reference=${repository}`]);
    const images = [...new Set(built.split('\n').filter(Boolean))];
    if (images.length > 0) await output('docker', ['image', 'rm', '--force', ...images]);
  },
};

/** The images that builds leave in the local Docker engine. `docker.Image` never deletes them; deleting this does. */
export class BuiltImages extends DynamicResource {
  constructor(name: string, inputs: pulumi.Inputs & BuiltImagesInputs, opts: pulumi.CustomResourceOptions) {
    super('docker:BuiltImages', name, inputs, opts);
  }
}
