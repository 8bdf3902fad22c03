import * as pulumi from '@pulumi/pulumi';
import { ExistingCluster } from './cluster/existingCluster';
import { MinikubeCluster } from './cluster/minikubeCluster';
import { parseConfiguration } from './configuration/parse';
import { assertPreflight } from './preflight/preflight';
import { externalDatabase, MongoDatabase } from './workloads/mongoDatabase';
import { RestrictedNamespace } from './workloads/restrictedNamespace';
import { ServiceImage } from './workloads/serviceImage';
import { WebEndpoint } from './workloads/webEndpoint';
import { WebService } from './workloads/webService';

export = async (assertReady = assertPreflight) => {
  const configuration = parseConfiguration(
    new pulumi.Config(),
    pulumi.getStack(),
    Object.keys(pulumi.runtime.allConfig()),
  );
  await assertReady(configuration);
  const { cluster: place, namespace, database: data, scaling, exposure, platform } = configuration;

  const cluster =
    place.kind === 'minikube' ? new MinikubeCluster('minikube', place) : new ExistingCluster('cluster', place);
  const { inside } = cluster;
  const image = new ServiceImage('web', { source: 'service', registry: cluster.registry, platform });
  const space = new RestrictedNamespace('namespace', { name: namespace }, inside);
  const clients = { 'app.kubernetes.io/name': 'web' };
  const database =
    data.kind === 'mongo'
      ? new MongoDatabase(
          'mongo',
          { ...data, pulledImage: cluster.holding(data.image), namespace: space.name, clients },
          inside,
        )
      : externalDatabase(data.uri);
  const web = new WebService('web', { namespace: space.name, image, database, scaling }, inside);
  const endpoint = new WebEndpoint('web', { namespace: space.name, pods: web.labels, exposure }, inside);

  const profile = place.kind === 'minikube' ? place.profile : place.context;
  return { url: endpoint.url, namespace, profile, imageDigest: image.reference, kubeconfig: cluster.kubeconfig };
};
