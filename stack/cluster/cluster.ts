import type * as pulumi from '@pulumi/pulumi';

/** A Kubernetes cluster that the stack puts its resources on. */
export interface Cluster {
  /** Of its Minikube profile, or of its context. */
  readonly name: string;
  /** Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Options for a component whose resources live in this cluster. */
  readonly options: pulumi.ComponentResourceOptions;
  readonly registry: Registry;
  /** Pulls `image`, which needs no credentials, to the nodes where that can be done. Returns it for a pod to run. */
  pull(name: string, image: pulumi.Input<string>): pulumi.Output<string>;
  /**
   * To be called when all else is made: a destroy begins here, and ends if the cluster is not seen from where it runs.
   * @param others resources outside of the cluster that go with it
   */
  recordLocation(...others: readonly pulumi.Resource[]): void;
}

/** A registry that images are pushed to, and that the cluster pulls them from. */
export interface RegistryArgs {
  /** Host and path that image names start with, such as `ghcr.io/me`. */
  readonly push: string;
  /** The same as the cluster's nodes see it. */
  readonly pull: string;
  /** For push and pull, with the password as a secret. Default: anonymous. */
  readonly credentials?: { readonly username: string; readonly password: pulumi.Output<string> } | undefined;
}

/** The registry of a cluster. */
export interface Registry extends RegistryArgs {
  /** Changes when the registry has lost its images. */
  readonly id: pulumi.Input<string>;
}
