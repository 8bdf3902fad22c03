import type * as pulumi from '@pulumi/pulumi';
import { type LiveCluster, readLiveCluster } from './liveCluster';
import * as minikube from './minikube';
import { readProfiles } from './minikubeHome';
import { connectRegistry } from './minikubeRegistry';
import { DynamicResource, hasOtherProvider } from './resources';
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
  readonly containerRuntime: string;
  readonly kubernetesVersion: string;
  /** `COMPONENT.KEY=VALUE` each. */
  readonly extraConfig: readonly string[];
  /** Images that the node pulls while Kubernetes starts. */
  readonly images: readonly string[];
}

export interface MinikubeStartState extends MinikubeStartInputs, LiveCluster {
  readonly kubeconfig: string;
}

export interface Size {
  readonly cpus: number;
  /** MiB. */
  readonly memory: number;
}

/** Milliseconds for the API server after `minikube start`, which has seen it answer. */
const answerMs = 60_000;

/** What the node gets of what is configured, on a Docker engine that has `capacity`. */
export function fit(wanted: Size, capacity: Size): Size {
  return { cpus: Math.min(wanted.cpus, capacity.cpus), memory: Math.min(wanted.memory, capacity.memory) };
}

/** A sentence for each size that the Docker engine is too small for. */
export function lowered(wanted: Size, capacity: Size): string[] {
  const units = { cpus: 'CPUs', memory: 'MiB of memory' };
  const keys = (['cpus', 'memory'] as const).filter((key) => capacity[key] < wanted[key]);
  return keys.map(
    (key) => `Docker has ${capacity[key]} ${units[key]}: the cluster gets these, not the ${wanted[key]} configured.`,
  );
}

/** What `minikube start` is called with, for a node of `size`. */
export function startArguments(inputs: MinikubeStartInputs, size: Size): string[] {
  return [
    '--driver=docker', // the one driver whose ports are published on 127.0.0.1 on every operating system
    `--cpus=${size.cpus}`,
    `--memory=${size.memory}`,
    `--container-runtime=${inputs.containerRuntime}`,
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
export function needsStart(
  olds: MinikubeStartState,
  news: MinikubeStartInputs,
  live: LiveCluster | undefined,
): boolean {
  const settings = ({ kubernetesVersion, extraConfig }: MinikubeStartInputs): string =>
    JSON.stringify([kubernetesVersion, extraConfig]);
  return settings(olds) !== settings(news) || live?.uid !== olds.uid;
}

const isResized = (olds: Size, news: Size): boolean => olds.cpus !== news.cpus || olds.memory !== news.memory;

async function start(inputs: MinikubeStartInputs, size: Size): Promise<MinikubeStartState> {
  const kubeconfig = await minikube.start(inputs.profile, startArguments(inputs, size), inputs.images);
  const address = inputs.ownRegistry ? await connectRegistry(inputs.profile) : undefined;
  if (address) await minikube.addHost(inputs.profile, address, minikube.registryName(inputs.profile));
  const live = await until('the Kubernetes API answers', () => readLiveCluster(kubeconfig), answerMs).catch(() => {
    throw new Error(
      `Minikube has started '${inputs.profile}', but its Kubernetes API did not answer within ${answerMs / 1000} s. ` +
        `See why: minikube logs -p ${inputs.profile}`,
    );
  });
  return { ...inputs, ...live, kubeconfig };
}

/** The size that the node gets. Prints what the engine is too small for. */
async function readSize(inputs: MinikubeStartInputs): Promise<Size> {
  const capacity = await minikube.dockerCapacity();
  for (const sentence of lowered(inputs, capacity)) console.log(`minikube: ${sentence}`);
  return fit(inputs, capacity);
}

export const minikubeStartProvider: pulumi.dynamic.ResourceProvider<MinikubeStartInputs, MinikubeStartState> = {
  async diff(_id, olds, news) {
    if (olds.identity !== news.identity) return { changes: true, replaces: ['identity'], deleteBeforeReplace: true };
    const changes = hasOtherProvider(olds, news) || isResized(olds, news);
    return { changes: changes || needsStart(olds, news, await readLiveCluster(olds.kubeconfig)) };
  },
  async create(inputs) {
    // A start that was killed can leave a cluster that looks whole and refuses its own administrator. It holds nothing yet.
    if ((await readProfiles()).includes(inputs.profile)) await minikube.remove(inputs.profile);
    return { id: inputs.profile, outs: await start(inputs, await readSize(inputs)) };
  },
  async update(_id, olds, news) {
    const size = await readSize(news);
    const live = await readLiveCluster(olds.kubeconfig);
    const outs = needsStart(olds, news, live) ? await start(news, size) : { ...olds, ...news };
    if (outs.uid !== olds.uid) {
      throw new Error(
        `Minikube profile '${news.profile}' came up as an empty cluster: its container and volume were removed. ` +
          `Make it anew: minikube delete -p ${news.profile} && pulumi up`,
      );
    }
    await minikube.resize(news.profile, size); // Minikube itself never resizes a cluster that exists
    return { outs };
  },
  // Stays in the state whatever it finds: a stopped cluster is started, and a deleted one made again, by the next `up`.
  async read(id, state) {
    const live = state && (await readLiveCluster(state.kubeconfig));
    return { id, props: { ...state, ...live } as MinikubeStartState };
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
