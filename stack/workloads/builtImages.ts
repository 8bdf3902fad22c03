import * as pulumi from '@pulumi/pulumi';
import { output } from '../cluster/minikube';

interface BuiltImagesInputs {
  /** Name of the images without a tag, as they are pushed. */
  readonly repository: string;
}

const provider: pulumi.dynamic.ResourceProvider<BuiltImagesInputs, BuiltImagesInputs> = {
  async diff(_id, olds, news) {
    const changes = olds.repository !== news.repository;
    return { changes, replaces: changes ? ['repository'] : [] };
  },
  async create(inputs) {
    return { id: inputs.repository, outs: inputs };
  },
  async delete(repository) {
    const built = await output('docker', ['image', 'ls', '--quiet', `--filter=reference=${repository}`]);
    const images = [...new Set(built.split('\n').filter(Boolean))];
    if (images.length > 0) await output('docker', ['image', 'rm', '--force', ...images]);
  },
};

/** The images that builds leave in the local Docker engine. `docker.Image` never deletes them; deleting this does. */
export class BuiltImages extends pulumi.dynamic.Resource {
  constructor(name: string, inputs: pulumi.Inputs & BuiltImagesInputs, opts: pulumi.CustomResourceOptions) {
    super(provider, name, inputs, opts, 'docker', 'BuiltImages');
  }
}
