import type * as pulumi from '@pulumi/pulumi';

/** A Kubernetes cluster that the stack puts its resources on. */
export interface Cluster {
  /** Name of the Minikube profile, or of the context. */
  readonly name: string;
  /** Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Options for a component whose resources live in this cluster. */
  readonly options: pulumi.ComponentResourceOptions;
  readonly registry: Registry;
  /** Pulls `image`, which must need no credentials, if the stack manages the nodes. Returns the reference for pods. */
  pull(name: string, image: pulumi.Input<string>): pulumi.Output<string>;
  /**
   * Call this last, when everything else is created. A destroy starts with what it creates, and stops there without the cluster.
   * @param others resources outside of the cluster that belong to it
   */
  recordLocation(...others: readonly pulumi.Resource[]): void;
}

/** A registry that images are pushed to, and that the cluster pulls them from. */
export interface RegistryArgs {
  /** Host and path that image names start with, such as `ghcr.io/me`. */
  readonly push: string;
  /** The same registry, as the cluster's nodes address it. */
  readonly pull: string;
  /** For push and pull, with the password as a secret. Default: anonymous. */
  readonly credentials?: { readonly username: string; readonly password: pulumi.Output<string> } | undefined;
}

/** The registry of a cluster. */
export interface Registry extends RegistryArgs {
  /** Changes when the registry has lost its images. */
  readonly id: pulumi.Input<string>;
}
