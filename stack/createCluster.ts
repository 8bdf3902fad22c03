import type { Cluster } from './cluster/cluster';
import { ExistingCluster } from './cluster/existingCluster';
import { MinikubeCluster } from './cluster/minikubeCluster';
import type { Configuration } from './configuration/configuration';

/** Creates the configured cluster: a Minikube cluster, or an existing one. */
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
