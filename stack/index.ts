import * as pulumi from '@pulumi/pulumi';
import { MinikubeCluster } from './cluster/minikubeCluster';
import { parseConfiguration } from './configuration';
import { MongoDatabase } from './workloads/mongoDatabase';
import { RestrictedNamespace } from './workloads/restrictedNamespace';
import { ServiceImage } from './workloads/serviceImage';
import { WebService } from './workloads/webService';

const configuration = parseConfiguration(new pulumi.Config(), pulumi.getStack());
const web = { 'app.kubernetes.io/name': 'web' };
const mongo = { 'app.kubernetes.io/name': 'mongo' };

const cluster = new MinikubeCluster('minikube', configuration.cluster);
const image = new ServiceImage('web', { source: 'service', ...cluster.registry, registryId: cluster.registry.id });
const space = new RestrictedNamespace('namespace', { name: configuration.namespace }, cluster.inside);
const database = new MongoDatabase('mongo', { ...configuration.mongo, namespace: space.name, clients: web }, cluster.inside);
new WebService('web', {
  ...configuration.scaling,
  namespace: space.name,
  image: image.reference,
  mongoUri: database.uri,
  database: mongo,
  nodePort: configuration.cluster.nodePort,
}, cluster.inside);

export const url = `http://127.0.0.1:${configuration.cluster.nodePort}`;
export const namespace = configuration.namespace;
export const profile = configuration.cluster.profile;
export const imageDigest = image.reference;
export const kubeconfig = cluster.kubeconfig;
