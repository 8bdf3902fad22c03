import type { Configuration } from '../configuration/configuration';
import type { Cluster } from './cluster';
import { ExistingCluster } from './existingCluster';
import { MinikubeCluster } from './minikubeCluster';

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
