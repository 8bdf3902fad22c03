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
  /** Of the profile: another identity is another cluster. */
  readonly identity: string;
  readonly cpus: number;
  /** MiB. */
  readonly memory: number;
  readonly nodePort: number;
  readonly extraNodePorts?: string;
  /** Whether the cluster has a registry of its own beside it. */
  readonly ownRegistry: boolean;
  readonly kubernetesVersion: string;
  /** `COMPONENT.KEY=VALUE` each. */
  readonly extraConfig: readonly string[];
  /** Images that the node pulls while Kubernetes starts. */
  readonly images: readonly string[];
}

export interface MinikubeStartState extends MinikubeStartInputs {
  /** Of the cluster's data: another uid is an empty cluster. */
  readonly uid: string;
  readonly kubeconfig: string;
}

export interface Size {
  readonly cpus: number;
  /** MiB. */
  readonly memory: number;
}

/** With it, Minikube installs kindnet, which enforces NetworkPolicies. With its runtime `docker` it does not. */
export const containerRuntime = 'containerd';

/** Milliseconds for the API server after `minikube start`, which has seen it answer. */
const answerMs = 60_000;

/** What a node gets of what is `wanted`: no more than Docker has. Prints a line if that is less. */
export async function nodeSize(wanted: Size): Promise<Size> {
  const [cpus = 0, bytes = 0] = (await docker('info', '--format={{.NCPU}} {{.MemTotal}}')).split(' ').map(Number);
  const size = { cpus: Math.min(wanted.cpus, cpus), memory: Math.min(wanted.memory, Math.floor(bytes / 2 ** 20)) };
  if (size.cpus < wanted.cpus || size.memory < wanted.memory) {
    const text = ({ cpus, memory }: Size): string => `${cpus} CPUs and ${memory} MiB`;
    console.log(`minikube: The node gets ${text(size)}, not the ${text(wanted)} configured: Docker has no more.`);
  }
  return size;
}

/** What `minikube start` is called with, for a node of `size`. */
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
    '--wait=none', // what needs a system pod waits for it on its own
    ...inputs.extraConfig.map((value) => `--extra-config=${value}`),
  ];
}

/** Whether `minikube start` must be called again: other settings, or a cluster that is not the one that we left. */
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
  const answer = `an answer of the Kubernetes API of '${profile}', which Minikube has started. See minikube logs -p ${profile}`;
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
    // A start that was killed can leave a cluster that looks whole and refuses its own administrator. It holds nothing yet.
    if ((await readProfiles()).includes(inputs.profile)) await minikube.remove(inputs.profile);
    return { id: inputs.profile, outs: await start(inputs, await nodeSize(inputs)) };
  },
  async update(_id, olds, news) {
    const size = await nodeSize(news);
    const isStarted = !needsStart(olds, news, await readClusterUid(olds.kubeconfig));
    const outs = isStarted ? { ...olds, ...news } : await start(news, size);
    if (outs.uid !== olds.uid) {
      throw new Error(
        `Minikube profile '${news.profile}' came up as an empty cluster: its container and volume were removed. ` +
          `Create it again: minikube delete -p ${news.profile} && pulumi up`,
      );
    }
    await resize(news.profile, size); // Minikube itself never resizes a cluster that exists
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
