import * as kubernetes from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import type { ClusterConfiguration } from '../configuration';
import { MetricsServer } from './metricsServer';
import { MinikubeProfile } from './minikubeProfile';
import { MinikubeStart } from './minikubeStart';

/** The autoscaler looks every 5 s in place of 15, and trusts a new pod's CPU after 10 s in place of 5 minutes. */
const autoscaler = {
  'sync-period': '5s',
  'initial-readiness-delay': '5s',
  'cpu-initialization-period': '10s',
};

/** A Minikube cluster of the stack's own, its registry and metrics server running. */
export class MinikubeCluster extends pulumi.ComponentResource {
  readonly kubeconfig: pulumi.Output<string>;
  /** Options for a component whose resources live, and die, in this cluster. */
  readonly inside: pulumi.ComponentResourceOptions;
  /** Where images are pushed to, and where pods pull them from. */
  readonly registry: { readonly push: string; readonly pull: string; readonly id: pulumi.Output<string> };

  constructor(name: string, args: ClusterConfiguration, opts?: pulumi.ComponentResourceOptions) {
    super('koa-mongo:cluster:MinikubeCluster', name, {}, opts);
    const { kubernetesVersion, extraConfig, ...fixed } = args;

    const profile = new MinikubeProfile(name, fixed, { parent: this });
    const start = new MinikubeStart(name, {
      ...fixed,
      identity: profile.identity,
      kubernetesVersion: kubernetesVersion ?? '',
      extraConfig: [
        ...Object.entries(autoscaler).map(([key, value]) => `controller-manager.horizontal-pod-autoscaler-${key}=${value}`),
        ...extraConfig,
      ],
    }, { parent: this, deletedWith: profile });

    const provider = new kubernetes.Provider(name, {
      kubeconfig: start.kubeconfig,
      clusterIdentifier: profile.identity, // a cluster made again is another cluster: everything on it is made again too
      skipUpdateUnreachable: true, // `refresh` of a stopped cluster forgets nothing
    }, { parent: this, deletedWith: profile });

    this.inside = {
      providers: [provider],
      transformations: [({ props, opts }) => ({ props, opts: pulumi.mergeOptions({ deletedWith: profile }, opts) })],
    };
    this.registry = { push: `localhost:${args.registryPort}`, pull: 'localhost:5000', id: start.registryId };
    this.kubeconfig = start.kubeconfig;

    new MetricsServer('metrics-server', { ...this.inside, parent: this });
    this.registerOutputs();
  }
}
