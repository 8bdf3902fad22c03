import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { buildSync } from 'esbuild';
import { join } from 'node:path';

export interface ServiceImageArgs {
  /** Folder with `main.ts` and `Dockerfile`. */
  readonly source: string;
  /** Host, and path if any, that the image is pushed to. */
  readonly push: string;
  /** The same as pods see it. */
  readonly pull: string;
  /** Changes when the registry has lost its images: the image is then pushed again. */
  readonly registryId: pulumi.Input<string>;
  readonly credentials?: { readonly username: string; readonly password: pulumi.Input<string> } | undefined;
}

/** The service as a container image: one bundled file on a Node base image, pushed to the registry. */
export class ServiceImage extends pulumi.ComponentResource {
  /** What pods run: repository and digest, so that the same code is the same image. */
  readonly reference: pulumi.Output<string>;

  constructor(name: string, args: ServiceImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super('koa-mongo:workloads:ServiceImage', name, {}, opts);

    const image = new docker.Image(name, {
      // `docker.Image` never looks whether the registry still has the image (pulumi-docker #593); its name tells instead.
      imageName: pulumi.interpolate`${args.push}/${name}:${pulumi.output(args.registryId).apply((id) => id.slice(0, 12) || 'latest')}`,
      build: { context: bundle(args.source), dockerfile: join(args.source, 'Dockerfile') },
      ...(args.credentials && { registry: { server: args.push, ...args.credentials } }),
    }, { parent: this, customTimeouts: { create: '10m', update: '10m' } });

    this.reference = image.repoDigest.apply((digest) => digest.replace(args.push, args.pull));
    this.registerOutputs();
  }
}

/** Bundles the service in `source` to one file, without a `npm install` inside Docker. Returns the folder that it lies in. */
export function bundle(source: string): string {
  const folder = join(source, 'dist');
  buildSync({
    entryPoints: [join(source, 'main.ts')],
    outfile: join(folder, 'main.js'),
    bundle: true,
    platform: 'node',
    target: 'node24', // the Dockerfile's
    logLevel: 'error',
  });
  return folder;
}
