import type * as pulumi from '@pulumi/pulumi';
import type { Configuration, RegistryConfiguration } from '../configuration/configuration';
import { ExistingCluster } from './existingCluster';
import { MinikubeCluster } from './minikubeCluster';

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

/** Where images for a cluster are kept. */
export interface Registry extends RegistryConfiguration {
  /** Changes when the registry has lost its images. */
  readonly id: pulumi.Input<string>;
}

/** The cluster that is configured: a Minikube cluster of the stack's own, or one that exists. */
export function createCluster({ cluster, database, loseData }: Configuration): Cluster {
  switch (cluster.kind) {
    case 'existing':
      return new ExistingCluster('cluster', cluster);
    case 'minikube': {
      const images = database.kind === 'mongo' ? [database.image] : [];
      return new MinikubeCluster('minikube', { ...cluster, loseData, images });
    }
  }
}
