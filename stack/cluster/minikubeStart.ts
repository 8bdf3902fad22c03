import * as pulumi from '@pulumi/pulumi';
import { type LiveCluster, look, registryAnswers } from './apiServer';
import * as minikube from './minikube';
import type { MinikubeProfileInputs } from './minikubeProfile';

export interface MinikubeStartInputs extends MinikubeProfileInputs {
  /** Of the profile: another identity is another cluster. */
  readonly identity: string;
  readonly kubernetesVersion: string;
  /** `COMPONENT.KEY=VALUE` each. */
  readonly extraConfig: readonly string[];
}

export interface MinikubeStartState extends MinikubeStartInputs, LiveCluster {
  readonly kubeconfig: string;
}

/** Of a wait for the registry's pod, whose image may have to be downloaded first. */
const registrySeconds = 300;

/** What `minikube start` is called with, on a Docker engine that has `capacity`. */
export function startArguments(inputs: MinikubeStartInputs, capacity: { cpus: number; memory: number }): string[] {
  return [
    '--driver=docker', // the one driver whose ports are published on 127.0.0.1 on every operating system
    `--cpus=${Math.min(inputs.cpus, capacity.cpus)}`,
    `--memory=${Math.min(inputs.memory, capacity.memory)}`,
    `--container-runtime=${inputs.containerRuntime}`,
    ...(inputs.kubernetesVersion ? [`--kubernetes-version=${inputs.kubernetesVersion}`] : []),
    `--ports=127.0.0.1:${inputs.nodePort}:${inputs.nodePort}`,
    `--ports=127.0.0.1:${inputs.registryPort}:5000`,
    '--insecure-registry=localhost:5000',
    '--addons=registry',
    ...inputs.extraConfig.map((value) => `--extra-config=${value}`),
  ];
}

/** Whether `minikube start` must be called again: other settings, or a cluster or registry that is not the one that we left. */
export function needsStart(
  olds: MinikubeStartState,
  news: MinikubeStartInputs,
  live: LiveCluster | undefined,
): boolean {
  const settings = ({ kubernetesVersion, extraConfig }: MinikubeStartInputs): string =>
    JSON.stringify([kubernetesVersion, extraConfig]);
  return (
    settings(olds) !== settings(news) ||
    live === undefined ||
    live.uid !== olds.uid ||
    live.registryId !== olds.registryId
  );
}

/** A sentence for each wish that the Docker engine is too small for. */
export function lowered(inputs: MinikubeStartInputs, capacity: { cpus: number; memory: number }): string[] {
  return [
    ...(inputs.cpus > capacity.cpus
      ? [`Docker has ${capacity.cpus} CPUs: the cluster gets these, not the ${inputs.cpus} configured.`]
      : []),
    ...(inputs.memory > capacity.memory
      ? [`Docker has ${capacity.memory} MiB of memory: the cluster gets these, not the ${inputs.memory} configured.`]
      : []),
  ];
}

async function start(inputs: MinikubeStartInputs): Promise<MinikubeStartState> {
  const capacity = await minikube.dockerCapacity();
  for (const sentence of lowered(inputs, capacity)) console.log(`minikube: ${sentence}`);
  const kubeconfig = await minikube.start(inputs.profile, startArguments(inputs, capacity));
  const deadline = Date.now() + registrySeconds * 1000;
  for (;;) {
    const live = (await registryAnswers(inputs.registryPort)) ? await look(kubeconfig) : undefined;
    if (live?.registryId) return { ...inputs, ...live, kubeconfig };
    if (Date.now() > deadline) {
      throw new Error(
        `Minikube's registry did not answer on 127.0.0.1:${inputs.registryPort} within ${registrySeconds} s. ` +
          `See why: minikube ssh -p ${inputs.profile} -- sudo crictl ps -a`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

const provider: pulumi.dynamic.ResourceProvider<MinikubeStartInputs, MinikubeStartState> = {
  async diff(_id, olds, news) {
    if (olds.identity !== news.identity) return { changes: true, replaces: ['identity'], deleteBeforeReplace: true };
    return { changes: needsStart(olds, news, await look(olds.kubeconfig)) };
  },
  async create(inputs) {
    // A start that was killed can leave a cluster that looks whole and refuses its own administrator. It holds nothing yet.
    if ((await minikube.profiles()).includes(inputs.profile)) await minikube.remove(inputs.profile);
    return { id: inputs.profile, outs: await start(inputs) };
  },
  async update(_id, olds, news) {
    const started = await start(news);
    if (started.uid !== olds.uid) {
      throw new Error(
        `Minikube profile '${news.profile}' came up as an empty cluster: its container and volume were removed. ` +
          `Make it anew: minikube delete -p ${news.profile} && pulumi up`,
      );
    }
    return { outs: started };
  },
  // Stays in the state whatever it finds: a stopped cluster is started, and a deleted one made again, by the next `up`.
  async read(id, state) {
    const live = state && (await look(state.kubeconfig));
    return { id, props: { ...state, ...(live ?? { uid: state?.uid, registryId: '' }) } as MinikubeStartState };
  },
};

/** A started Minikube cluster. Started again when it was stopped or damaged; deleted with its profile. */
export class MinikubeStart extends pulumi.dynamic.Resource {
  declare readonly kubeconfig: pulumi.Output<string>;
  declare readonly registryId: pulumi.Output<string>;

  constructor(
    name: string,
    inputs: pulumi.Inputs & Record<keyof MinikubeStartInputs, unknown>,
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      provider,
      name,
      { ...inputs, kubeconfig: undefined, registryId: undefined, uid: undefined },
      { ...opts, additionalSecretOutputs: ['kubeconfig'] },
      'minikube',
      'Start',
    );
  }
}
