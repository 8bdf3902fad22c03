import type * as pulumi from '@pulumi/pulumi';
import type { RegistryConfiguration } from '../configuration/configuration';

/** A Kubernetes cluster that the stack puts its resources on. */
export interface Cluster {
  /** Of its Minikube profile, or of its context. */
  readonly name: string;
  /** Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Options for a component whose resources live in this cluster. */
  readonly options: pulumi.ComponentResourceOptions;
  readonly registry: Registry;
  /** Pulls the public `image` to the nodes where that can be done, and returns it for a pod to run. */
  pull(image: string): pulumi.Input<string>;
  /**
   * To be called when all else is made: a destroy begins here, and ends if the cluster is not seen from where it runs.
   * @param others resources outside of the cluster that go with it
   */
  recordLocation(...others: readonly pulumi.Resource[]): void;
}

/** Where images for a cluster are kept. */
export interface Registry extends RegistryConfiguration {
  /** Changes when the registry has lost its images. */
  readonly id: pulumi.Input<string>;
}
