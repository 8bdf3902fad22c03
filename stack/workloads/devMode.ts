import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { core, type types } from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { environment } from '../../service/contract';
import { bundleDockerfile } from './serviceImage';

type PodSpec = types.input.core.v1.PodSpec;
type Container = types.input.core.v1.Container;

/** What a service serves. */
export interface ServedPort {
  /** Port of the service. */
  readonly port: number;
  /** Path on that port. New code takes over once it is answered with 200. */
  readonly health: string;
}

/** How the launcher runs: JSON in the environment variable `DEV_LAUNCHER`. */
export interface LauncherOptions extends ServedPort {
  /** Folder for the code that it is sent. */
  readonly folder: string;
  /** Address that the service listens on, in place of its own choice. */
  readonly host?: string;
  /** Environment variable with the seconds of a pod's drain, which the launcher then does in place of the service. */
  readonly drainVariable: string;
  /** Port on 127.0.0.1 for `npm run dev`: a forwarded port reaches it, the pod network does not. */
  readonly control: number;
  /** Milliseconds that a start waits for code before the image's own runs. */
  readonly waitMs: number;
  /** Milliseconds without a heartbeat after which the image's own code runs again. */
  readonly leaseMs: number;
}

/** In pods. `npm run dev` sees a new pod, and has sent it the code, within two seconds. */
export const podLauncher: Omit<LauncherOptions, keyof ServedPort> = {
  folder: '/dev-code',
  drainVariable: environment.drainSeconds,
  control: 9465,
  waitMs: 5000,
  leaseMs: 20_000,
};

/** The volume by which a pod in dev mode is known. */
export const launcherVolume = 'dev-launcher';

/** The launcher's file in the project. */
export const launcherFile = join('stack', 'workloads', 'devLauncher.js');

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
  served: ServedPort,
  opts: pulumi.CustomResourceOptions,
): (pod: Pod) => PodSpec {
  const command = ['node', '/dev-launcher/launcher.js', ...imageCommand(bundleDockerfile)];
  const data = { 'launcher.js': readFileSync(launcherFile, 'utf8') };
  // Without a name of ours it gets a suffix: another launcher is another ConfigMap, and pods that run the old one are replaced.
  const script = new core.v1.ConfigMap(`${name}-dev`, { metadata: { namespace }, data }, opts);
  return ({ containers: [container], ...pod }) => ({
    ...pod,
    containers: [
      {
        ...container,
        command,
        env: [...container.env, { name: 'DEV_LAUNCHER', value: JSON.stringify({ ...podLauncher, ...served }) }],
        // The launcher accepts the connections: code that a debugger holds is not killed.
        livenessProbe: { tcpSocket: { port: served.port }, periodSeconds: 10 },
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
