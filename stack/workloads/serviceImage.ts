import { join } from 'node:path';
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { bundle } from '../../service/bundle';
import type { Registry } from '../cluster/cluster';
import { Component } from '../component';
import { BuiltImages } from './builtImages';

export interface ServiceImageArgs {
  /** Folder with `main.ts` and `Dockerfile`. */
  readonly source: string;
  readonly registry: Registry;
  /** Of the nodes that run it, `linux/amd64` or `linux/arm64`; this machine's if undefined. */
  readonly platform: string | undefined;
}

/** The service as a container image: one bundled file on a Node base image, pushed to the registry. */
export class ServiceImage extends Component {
  /** What pods run: repository and digest, so that the same code is the same image. */
  readonly reference: pulumi.Output<string>;
  /** Docker's own `config.json` with which pods pull it; undefined where none is needed. */
  readonly pullSecret: pulumi.Output<string> | undefined;

  constructor(name: string, args: ServiceImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super('workloads:ServiceImage', name, opts);

    const { push, pull, id, credentials } = args.registry;
    const server = (prefix: string): string => prefix.split('/')[0]!;

    // Other projects and stacks may push to the same registry.
    const repository = `${push}/${imageName(pulumi.getProject(), pulumi.getStack(), name)}`;
    new BuiltImages(name, { repository }, { parent: this });
    const image = new docker.Image(
      name,
      {
        // `docker.Image` never looks whether the registry still has the image (pulumi-docker #593); its name tells instead.
        imageName: pulumi.interpolate`${repository}:${pulumi.output(id).apply((text) => text.slice(0, 12) || 'latest')}`,
        build: {
          context: bundleService(args.source),
          dockerfile: join(args.source, 'Dockerfile'),
          platform: args.platform ?? `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`,
        },
        ...(credentials && { registry: { server: server(push), ...credentials } }),
      },
      { parent: this, customTimeouts: { create: '10m', update: '10m' } },
    );

    this.reference = image.repoDigest.apply((digest) => digest.replace(push, pull));
    this.pullSecret = credentials && pulumi.jsonStringify({ auths: { [server(pull)]: credentials } });
    this.registerOutputs();
  }
}

/** `parts` as one component of a repository's name, where only single dashes may separate letters and digits. */
export function imageName(...parts: readonly string[]): string {
  return parts
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** Bundles the service in `source` to one file, without a `npm install` inside Docker. Returns the folder that it lies in. */
function bundleService(source: string): string {
  const folder = join(source, 'dist');
  bundle({ main: join(source, 'main.ts') }, folder);
  return folder;
}
