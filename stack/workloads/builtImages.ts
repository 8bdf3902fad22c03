import type * as pulumi from '@pulumi/pulumi';
import { DynamicResource, keepState } from '../cluster/resources';
import { docker } from '../cluster/run';

export interface BuiltImagesInputs {
  /** Name of the images without a tag, as they are pushed. */
  readonly repository: string;
}

export const builtImagesProvider: pulumi.dynamic.ResourceProvider<BuiltImagesInputs, BuiltImagesInputs> = {
  async create(inputs) {
    return { id: inputs.repository, outs: inputs };
  },
  update: keepState,
  async delete(repository) {
    const names = await list(repository);
    if (names.length === 0) return;
    await docker('image', 'rm', '--force', ...names).catch(async (error: unknown) => {
      if ((await list(repository)).length > 0) throw error; // otherwise, another process has removed them
    });
  },
};

/**
 * Names of the images of `repository`, with the tag, or the digest if another build has taken the tag. Not ids: an image can also have
 * names of other services and stacks.
 */
async function list(repository: string): Promise<string[]> {
  const format = '--format={{.Repository}}:{{.Tag}} {{.Repository}}@{{.Digest}}';
  const images = await docker('image', 'ls', '--digests', `--filter=reference=${repository}`, format);
  const names = [...images.matchAll(/^(\S+) (\S+)$/gm)];
  return [...new Set(names.map(([, tag = '', digest = '']) => (tag.endsWith(':<none>') ? digest : tag)))];
}

/** The images that builds leave in the local Docker engine. `docker.Image` never deletes them; deleting this does. */
export class BuiltImages extends DynamicResource {
  constructor(name: string, inputs: pulumi.Inputs & BuiltImagesInputs, opts: pulumi.CustomResourceOptions) {
    super('docker:BuiltImages', name, inputs, { ...opts, replaceOnChanges: ['repository'] });
  }
}
