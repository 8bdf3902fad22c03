import type * as pulumi from '@pulumi/pulumi';
import { readClusterUid } from './liveCluster';
import * as minikube from './minikube';
import { readProfiles } from './minikubeLocation';
import { connectRegistry } from './minikubeRegistry';
import { addHost, resize } from './node';
import { DynamicResource } from './resources';
import { docker } from './run';
import { until } from './until';

export interface MinikubeStartInputs {
  readonly profile: string;
  /** Identity of the profile. A new one means a new cluster. */
  readonly identity: string;
  readonly cpus: number;
  /** MiB. */
  readonly memory: number;
  readonly nodePort: number;
  readonly extraNodePorts?: string;
  /** Whether the stack runs a registry for the cluster. */
  readonly ownRegistry: boolean;
  readonly kubernetesVersion: string;
  /** `COMPONENT.KEY=VALUE` each. */
  readonly extraConfig: readonly string[];
  /** Images that the node pulls while Kubernetes starts. */
  readonly images: readonly string[];
}

export interface MinikubeStartState extends MinikubeStartInputs {
  /** Identifies the cluster's data. A new one means an empty cluster. */
  readonly uid: string;
  readonly kubeconfig: string;
}

export interface Size {
  readonly cpus: number;
  /** MiB. */
  readonly memory: number;
}

/** With containerd, Minikube installs kindnet, which enforces NetworkPolicies. With `docker` it does not. */
export const containerRuntime = 'containerd';

/** Time-out in milliseconds for the API server after `minikube start`. */
const answerMs = 60_000;

/** The size of a node: `wanted`, but at most what Docker has. Prints a line if that is less. */
export async function nodeSize(wanted: Size): Promise<Size> {
  const [cpus = 0, bytes = 0] = (await docker('info', '--format={{.NCPU}} {{.MemTotal}}')).split(' ').map(Number);
  const size = { cpus: Math.min(wanted.cpus, cpus), memory: Math.min(wanted.memory, Math.floor(bytes / 2 ** 20)) };
  if (size.cpus < wanted.cpus || size.memory < wanted.memory) {
    const text = ({ cpus, memory }: Size): string => `${cpus} CPUs and ${memory} MiB`;
    console.log(`minikube: The node gets ${text(size)}, not the ${text(wanted)} configured: Docker has no more.`);
  }
  return size;
}

/** Arguments of `minikube start` for a node of `size`. */
export function startArguments(inputs: MinikubeStartInputs, size: Size): string[] {
  return [
    '--driver=docker', // the one driver whose ports are published on 127.0.0.1 on every operating system
    `--cpus=${size.cpus}`,
    `--memory=${size.memory}`,
    `--container-runtime=${containerRuntime}`,
    ...(inputs.kubernetesVersion ? [`--kubernetes-version=${inputs.kubernetesVersion}`] : []),
    ...[inputs.nodePort, ...(inputs.extraNodePorts?.split(',') ?? [])].map(
      (port) => `--ports=127.0.0.1:${port}:${port}`,
    ),
    ...(inputs.ownRegistry ? [`--insecure-registry=${minikube.registryName(inputs.profile)}:5000`] : []),
    '--wait=none', // whatever needs a system pod waits for it itself
    ...inputs.extraConfig.map((value) => `--extra-config=${value}`),
  ];
}

/** Whether `minikube start` must run again: the settings have changed, or the cluster is stopped, damaged or another one. */
export function needsStart(olds: MinikubeStartState, news: MinikubeStartInputs, uid: string | undefined): boolean {
  const settings = ({ kubernetesVersion, extraConfig }: MinikubeStartInputs): string =>
    JSON.stringify([kubernetesVersion, extraConfig]);
  return settings(olds) !== settings(news) || uid !== olds.uid;
}

async function start(inputs: MinikubeStartInputs, size: Size): Promise<MinikubeStartState> {
  const { profile } = inputs;
  const kubeconfig = await minikube.start(profile, startArguments(inputs, size), inputs.images);
  const address = inputs.ownRegistry ? await connectRegistry(profile) : undefined;
  if (address) await addHost(profile, address, minikube.registryName(profile));
  const answer = `the Kubernetes API of '${profile}' answers. Minikube has started it: see minikube logs -p ${profile}`;
  const uid = await until(answer, () => readClusterUid(kubeconfig), answerMs);
  return { ...inputs, uid, kubeconfig };
}

export const minikubeStartProvider: pulumi.dynamic.ResourceProvider<MinikubeStartInputs, MinikubeStartState> = {
  async diff(_id, olds, news) {
    if (olds.identity !== news.identity) return { changes: true, replaces: ['identity'], deleteBeforeReplace: true };
    const changes = olds.cpus !== news.cpus || olds.memory !== news.memory;
    return { changes: changes || needsStart(olds, news, await readClusterUid(olds.kubeconfig)) };
  },
  async create(inputs) {
    // A killed start can leave a cluster that looks complete but refuses its own administrator. It has no data yet.
    if ((await readProfiles()).includes(inputs.profile)) await minikube.remove(inputs.profile);
    return { id: inputs.profile, outs: await start(inputs, await nodeSize(inputs)) };
  },
  async update(_id, olds, news) {
    const size = await nodeSize(news);
    const isStarted = !needsStart(olds, news, await readClusterUid(olds.kubeconfig));
    const outs = isStarted ? { ...olds, ...news } : await start(news, size);
    if (outs.uid !== olds.uid) {
      throw new Error(
        `Minikube profile '${news.profile}' is an empty cluster now, as its container and volume were removed. ` +
          `Recreate it: minikube delete -p ${news.profile} && pulumi up`,
      );
    }
    await resize(news.profile, size); // Minikube does not resize existing clusters
    return { outs };
  },
};

/** A started Minikube cluster. Started again when it was stopped or damaged; deleted with its profile. */
export class MinikubeStart extends DynamicResource {
  declare readonly kubeconfig: pulumi.Output<string>;

  constructor(
    name: string,
    inputs: pulumi.Inputs & { readonly [key in keyof MinikubeStartInputs]: unknown },
    opts: pulumi.CustomResourceOptions,
  ) {
    const outputs = { kubeconfig: undefined, uid: undefined };
    super('minikube:Start', name, { ...inputs, ...outputs }, { ...opts, additionalSecretOutputs: ['kubeconfig'] });
  }
}
