import type * as pulumi from '@pulumi/pulumi';
import type { RegistryConfiguration } from '../configuration/configuration';

/** A Kubernetes cluster that the stack puts its resources on. */
export interface Cluster {
  /** Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Options for a component whose resources live in this cluster. */
  readonly inside: pulumi.ComponentResourceOptions;
  readonly registry: Registry;
  /** Makes sure that the nodes can have the public image `image`, and returns it for a pod to run. */
  holding(image: string): pulumi.Input<string>;
}

/** Where images for a cluster are kept. */
export interface Registry extends RegistryConfiguration {
  /** Changes when the registry has lost its images. */
  readonly id: pulumi.Input<string>;
}
