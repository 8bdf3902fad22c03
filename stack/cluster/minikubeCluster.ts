import { Provider } from '@pulumi/kubernetes/provider';
import * as pulumi from '@pulumi/pulumi';
import type { Cluster, Registry, RegistryArgs } from './cluster';
import { MetricsServer, metricsServerImage } from './metricsServer';
import { registryName } from './minikube';
import { MinikubeLocation } from './minikubeLocation';
import { MinikubeProfile } from './minikubeProfile';
import { MinikubeRegistry } from './minikubeRegistry';
import { containerRuntime, MinikubeStart } from './minikubeStart';
import { NodeImage } from './nodeImage';
import { Component } from './resources';

const fastScaling = [
  // The autoscaler runs every 5 s instead of 15 s, and uses the CPU of a new pod after 10 s instead of 5 minutes.
  'controller-manager.horizontal-pod-autoscaler-sync-period=5s',
  'controller-manager.horizontal-pod-autoscaler-initial-readiness-delay=5s',
  'controller-manager.horizontal-pod-autoscaler-cpu-initialization-period=10s',
  // The kubelet measures CPU every 5 to 10 s. With the default, 10 to 20 s (cAdvisor adds up to the same time again), every other reading
  // of metrics-server would find nothing new, and the autoscaler would see a load 20 s late.
  'kubelet.housekeeping-interval=5s',
];

export interface MinikubeClusterArgs {
  /** Name of the Minikube profile. A profile that this stack did not create is never used. */
  readonly profile: string;
  /** CPUs of the node, lowered to what Docker has. Default 4. */
  readonly cpus?: number;
  /** Memory of the node in MiB, lowered to what Docker has. Default 4096. */
  readonly memory?: number;
  /** NodePort that is published on 127.0.0.1. Default 30500. */
  readonly nodePort?: number;
  /** More NodePorts that are published on 127.0.0.1. Default none. */
  readonly extraNodePorts?: readonly number[];
  /** Port of the registry on 127.0.0.1. Default 5500. */
  readonly registryPort?: number;
  /** Your own registry. Default: the cluster gets one. */
  readonly registry?: RegistryArgs | undefined;
  /** Default Minikube's own. */
  readonly kubernetesVersion?: string | undefined;
  /** `COMPONENT.KEY=VALUE` each. */
  readonly extraConfig?: readonly string[];
  /** Whether a change may delete the cluster. Default false. */
  readonly loseData?: boolean;
  /** Images that its pods will need: the node pulls them while Kubernetes starts. */
  readonly images?: readonly string[];
}

/** A Minikube cluster with a registry and metrics-server, which the stack creates and deletes. */
export class MinikubeCluster extends Component implements Cluster {
  readonly name: string;
  readonly kubeconfig: pulumi.Output<string>;
  readonly options: pulumi.ComponentResourceOptions;
  readonly registry: Registry;
  /** The components that have been made with `options` so far. */
  private readonly workloads: pulumi.Resource[] = [];
  private readonly start: MinikubeStart;
  private readonly profile: MinikubeProfile;

  constructor(
    private readonly label: string,
    args: MinikubeClusterArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super('cluster:MinikubeCluster', label, opts);
    const { profile, nodePort = 30500, extraNodePorts = [], registryPort = 5500 } = args;
    const { cpus = 4, memory = 4096, extraConfig = [], images = [], loseData = false } = args;
    const extra = extraNodePorts.length > 0 && { extraNodePorts: extraNodePorts.join() };
    const fixed = { profile, nodePort, ...extra };
    this.profile = new MinikubeProfile(label, { ...fixed, containerRuntime, loseData }, { parent: this });
    const ownRegistry = args.registry
      ? undefined
      : new MinikubeRegistry(label, { profile, port: registryPort }, { parent: this, dependsOn: this.profile });
    this.start = new MinikubeStart(
      label,
      {
        ...fixed,
        identity: this.profile.identity,
        cpus,
        memory,
        kubernetesVersion: args.kubernetesVersion ?? '',
        extraConfig: [...fastScaling, ...extraConfig],
        ownRegistry: ownRegistry !== undefined,
        images: [metricsServerImage, ...images],
      },
      { parent: this, deletedWith: this.profile, dependsOn: ownRegistry ?? [] },
    );

    const provider = new Provider(
      label,
      {
        kubeconfig: this.start.kubeconfig,
        clusterIdentifier: this.profile.identity, // a recreated cluster is another one: everything on it is recreated too
        skipUpdateUnreachable: true, // a refresh does not drop the resources of a stopped cluster
        // Adopts what a killed `up` created without recording it: everything on this cluster belongs to the stack.
        upsertExistingObjects: true,
        enablePatchForce: true, // the killed run is another field manager, which owns Kubernetes' defaults in lists
      },
      { parent: this, deletedWith: this.profile },
    );

    this.name = args.profile;
    this.options = {
      providers: [provider],
      // `destroy` deletes the cluster, and not each object on it.
      transformations: [
        ({ resource, props, opts }) => {
          if (!opts.parent) this.workloads.push(resource);
          return { props, opts: pulumi.mergeOptions({ deletedWith: this.profile }, opts) };
        },
      ],
    };
    const own = { push: `localhost:${registryPort}`, pull: `${registryName(profile)}:5000` };
    this.registry = { ...(args.registry ?? own), id: ownRegistry?.identity ?? '' };
    this.kubeconfig = this.start.kubeconfig;

    new MetricsServer('metrics-server', { ...this.options, parent: this });
    this.registerOutputs();
  }

  pull(name: string, image: pulumi.Input<string>): pulumi.Output<string> {
    const { profile, identity } = this.profile;
    return new NodeImage(
      name,
      { profile, image, identity },
      { parent: this, dependsOn: this.start, deletedWith: this.profile },
    ).image;
  }

  recordLocation(...others: readonly pulumi.Resource[]): void {
    const dependsOn = [this, ...this.workloads, ...others];
    new MinikubeLocation(this.label, { profile: this.name }, { dependsOn });
  }
}
