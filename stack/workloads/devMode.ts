import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { core, type types } from '@pulumi/kubernetes';
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

type PodSpec = types.input.core.v1.PodSpec;
type Container = types.input.core.v1.Container;

/** A pod with one container and without Outputs where dev mode adds something. */
type Pod = Omit<PodSpec, 'containers' | 'volumes'> & {
  readonly volumes?: false | readonly types.input.core.v1.Volume[];
  readonly containers: readonly [
    Omit<Container, 'env' | 'volumeMounts'> & {
      readonly env: readonly types.input.core.v1.EnvVar[];
      readonly volumeMounts?: false | readonly types.input.core.v1.VolumeMount[];
    },
  ];
};

/**
 * What makes a pod of the service one in dev mode: its first process is a launcher that runs the code which `npm run dev` sends,
 * and without any the image's own. The restrictions of the pod and its container stay.
 */
export function devMode(
  name: string,
  namespace: pulumi.Input<string>,
  service: DevService,
  opts: pulumi.CustomResourceOptions,
): (pod: Pod) => PodSpec {
  const command = ['node', `/dev-launcher/${launcherFile}`, ...imageCommand(bundleDockerfile)];
  const folder = packageFile(launcherFolder);
  const data = Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
  // Without a name of ours it gets a suffix: another launcher is another ConfigMap, and pods that run the old one are replaced.
  const script = new core.v1.ConfigMap(`${name}-dev`, { metadata: { namespace }, data }, opts);
  return ({ containers: [container], ...pod }) => ({
    ...pod,
    containers: [
      {
        ...container,
        command,
        env: [...container.env, { name: launcherVariable, value: JSON.stringify({ ...podLauncher, ...service }) }],
        // No limit of CPU: it would slow down what happens at each save, which is short.
        resources: pulumi.output(container.resources).apply((resources) => ({
          ...resources,
          limits: Object.fromEntries(Object.entries(resources?.limits ?? {}).filter(([name]) => name !== 'cpu')),
        })),
        // The launcher accepts the connections: code that a debugger holds is not killed.
        livenessProbe: { tcpSocket: { port: service.port }, periodSeconds: 10 },
        volumeMounts: [
          ...(container.volumeMounts || []),
          { name: launcherVolume, mountPath: '/dev-launcher', readOnly: true },
          { name: 'dev-code', mountPath: podLauncher.folder },
        ],
      },
    ],
    volumes: [
      ...(pod.volumes || []),
      { name: launcherVolume, configMap: { name: script.metadata.name } },
      { name: 'dev-code', emptyDir: { sizeLimit: '100Mi' } },
    ],
  });
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
