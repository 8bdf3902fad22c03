import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { types } from '@pulumi/kubernetes';
import * as core from '@pulumi/kubernetes/core';
import * as pulumi from '@pulumi/pulumi';
import { packageFile } from '../packageFile';
import {
  type DevService,
  launcherFile,
  launcherFolder,
  launcherVariable,
  launcherVolume,
  podLauncher,
} from './launcher';
import { bundleDockerfile } from './serviceImage';

/**
 * Additions to a pod of the service in dev mode: its first process is a launcher, which runs code from `npm run dev`, or else the image's
 * own. The pod's restrictions stay.
 */
export function devMode(
  name: string,
  namespace: pulumi.Input<string>,
  service: DevService,
  resources: types.input.core.v1.ResourceRequirements,
  opts: pulumi.CustomResourceOptions,
) {
  const folder = packageFile(launcherFolder);
  const data = Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
  // Its name has a random suffix: a new launcher is a new ConfigMap, so pods that run the old one are replaced.
  const script = new core.v1.ConfigMap(`${name}-dev`, { metadata: { namespace }, data }, opts);
  const container: Partial<types.input.core.v1.Container> = {
    command: ['node', `/dev-launcher/${launcherFile}`, ...imageCommand(bundleDockerfile)],
    // No CPU limit: it would slow down each save.
    resources: pulumi
      .output(resources)
      .apply(({ limits: { cpu, ...limits } = {}, ...others }) => ({ ...others, limits })),
    // The launcher accepts the connections: code that a debugger holds is not killed.
    livenessProbe: { tcpSocket: { port: service.port }, periodSeconds: 10 },
  };
  const folders: Readonly<Record<string, types.input.core.v1.Volume>> = {
    '/dev-launcher': { name: launcherVolume, configMap: { name: script.metadata.name } },
    [podLauncher.folder]: { name: 'dev-code', emptyDir: { sizeLimit: '100Mi' } },
  };
  return { env: { [launcherVariable]: JSON.stringify({ ...podLauncher, ...service }) }, container, folders };
}

/**
 * The CMD of a Dockerfile.
 * @throws if it does not start Node in a way that can be read.
 */
export function imageCommand(dockerfile: string): readonly string[] {
  const [, json = ''] = /^CMD\s+(\[\s*"node".*\])\s*$/m.exec(readFileSync(dockerfile, 'utf8')) ?? [];
  try {
    return JSON.parse(json) as string[];
  } catch (cause) {
    throw new pulumi.RunError(`Dev mode needs a CMD in ${dockerfile} such as CMD ["node", "main.js"].`, { cause });
  }
}
