import { basename, dirname, join, resolve } from 'node:path';
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { bundle } from '../../service/bundle';
import type { Cluster } from '../cluster/cluster';
import { Component } from '../cluster/resources';
import { output } from '../cluster/run';
import { isTypeScript } from '../configuration/service';
import { packageFile } from '../packageFile';
import { BuiltImages } from './builtImages';

export interface ServiceImageArgs {
  /** A folder with a `Dockerfile`, which is built with that folder and its `.dockerignore`; or a TypeScript file, which is bundled. */
  readonly source: string;
  /** Where its pods run. */
  readonly cluster: Pick<Cluster, 'registry' | 'pull'>;
  /** Of the nodes that run it, `linux/amd64` or `linux/arm64`. Default: this machine's. */
  readonly platform?: string | undefined;
  /** Build arguments of the Dockerfile. */
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** Stage of the Dockerfile to build. Default: the last. */
  readonly target?: string;
}

/** The Dockerfile of bundles: one JavaScript file, with Node and its libraries. */
export const bundleDockerfile = packageFile('service/Dockerfile');

/** A service as a container image, built on this machine and pushed to the registry. */
export class ServiceImage extends Component {
  /** What pods run: repository and digest, so that the same code is the same image. */
  readonly reference: pulumi.Output<string>;
  /** Docker's `config.json` for pods to pull it; undefined if none is needed. */
  readonly pullSecret: pulumi.Output<string> | undefined;
  /** Whether it is a bundle, which runs as the user, and with the variables, of service/contract.ts. */
  readonly bundled: boolean;
  /** What it is built from. */
  readonly source: string;
  private readonly pushed: pulumi.Output<string>;
  private readonly dockerfile: string;

  constructor(name: string, args: ServiceImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super('workloads:ServiceImage', name, opts);
    const { source, cluster, platform, buildArgs, target } = args;
    const { push, pull, id, credentials } = cluster.registry;
    const server = (prefix: string): string => prefix.split('/')[0]!;

    // Other projects and stacks may push to the same registry.
    const repository = `${push}/${imageName(pulumi.getProject(), pulumi.getStack(), name)}`;
    new BuiltImages(name, { repository }, { parent: this });
    this.source = source;
    this.bundled = isTypeScript(source);
    this.dockerfile = this.bundled ? bundleDockerfile : join(source, 'Dockerfile');
    // `docker.Image` does not check whether the registry still has the image (pulumi-docker #593), so its tag has the registry's id.
    const tag = pulumi.output(id).apply((text) => text.slice(0, 12) || 'latest');
    const inputs = {
      imageName: pulumi.interpolate`${repository}:${tag}`,
      build: {
        context: this.bundled ? bundleService(source) : source,
        dockerfile: this.dockerfile,
        platform: platform ?? `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`,
        ...(buildArgs && { args: { ...buildArgs } }),
        ...(target !== undefined && { target }),
      },
      ...(credentials && { registry: { server: server(push), ...credentials } }),
    };
    const options = { parent: this, customTimeouts: { create: '10m', update: '10m' } };
    this.pushed = new docker.Image(name, inputs, options).repoDigest;
    const reference = this.pushed.apply((digest) => digest.replace(push, pull));
    // Pulled on the node before pods are created. With credentials, the pods pull it.
    this.reference = credentials ? reference : cluster.pull(name, reference);
    this.pullSecret = credentials && pulumi.jsonStringify({ auths: { [server(pull)]: credentials } });
    this.registerOutputs();
  }

  /**
   * `reference`, after a check that the image's own user is not root. The kubelet refuses root too, but only when old pods have begun to
   * end, and without a remedy.
   */
  rootless(): pulumi.Output<string> {
    const checked = this.pushed.apply(async (pushed) => {
      // An image that this engine does not have was not built just now, so it was checked before.
      const inspect = output('docker', ['image', 'inspect', '--format={{.Config.User}}', pushed]);
      const fault = await inspect.then(userFault, () => undefined);
      if (fault === undefined) return;
      throw new pulumi.ResourceError(
        `The image of ${this.dockerfile} ${fault}. Pods of this stack must not run as root. ` +
          'Add `USER 1000` before its CMD, and make the files that it needs readable for that user.',
        this,
      );
    });
    return pulumi.all([this.reference, checked]).apply(([reference]) => reference);
  }
}

/** Why an image with `USER user` may not run; undefined if it may. Kubernetes can't tell whether a user with a name is root. */
export function userFault(user: string): string | undefined {
  const [name = ''] = user.split(':');
  if (name === '' || name === 'root' || /^0+$/.test(name)) return 'runs as root';
  return /^\d+$/.test(name)
    ? undefined
    : `runs as '${name}', and Kubernetes needs its number to see that it is not root`;
}

/** `parts` as one component of a repository's name, where only single dashes may separate letters and digits. */
export function imageName(...parts: readonly string[]): string {
  return parts
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** Bundles that are being made, by folder. */
const bundling = new Map<string, Promise<void>>();

/**
 * Bundles `source` to one file, `main.js`, once for all images, so that Docker needs no `npm install`. Returns the folder of the file.
 * @throws a RunError with the line, if it does not compile.
 */
export async function bundleService(source: string): Promise<string> {
  const name = basename(source).replace(/\.\w+$/, '');
  const folder = join(dirname(source), 'dist', name === 'main' ? '' : name); // several files of one folder have separate bundles
  const make = () => bundle({ main: resolve(source) }, resolve(folder)).finally(() => bundling.delete(folder));
  const bundled = bundling.get(folder) ?? make();
  bundling.set(folder, bundled);
  await bundled.catch((error: Error) => {
    throw new pulumi.RunError(`${source} can't be bundled. ${error.message}`);
  });
  return folder;
}
