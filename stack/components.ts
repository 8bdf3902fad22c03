// The public components: what `stack/index.ts` is made of, for other Pulumi programs.
export type { Cluster, Registry, RegistryArgs } from './cluster/cluster';
export { ExistingCluster, type ExistingClusterArgs } from './cluster/existingCluster';
export { MinikubeCluster, type MinikubeClusterArgs } from './cluster/minikubeCluster';
export { guardData } from './dataGuard';
export { type BackingService, externalDatabase } from './workloads/backingService';
export { MongoDatabase, type MongoDatabaseArgs } from './workloads/mongoDatabase';
export { RestrictedNamespace } from './workloads/restrictedNamespace';
export { type ScaledDeploymentArgs, Worker, type WorkerArgs } from './workloads/scaledDeployment';
export { ServiceImage, type ServiceImageArgs } from './workloads/serviceImage';
export { type ServerPod, StatefulServer, type StatefulServerArgs } from './workloads/statefulServer';
export { WebEndpoint, type WebEndpointArgs } from './workloads/webEndpoint';
export { WebService, type WebServiceArgs } from './workloads/webService';
