import * as pulumi from '@pulumi/pulumi';
import { ExistingCluster } from './cluster/existingCluster';
import { MinikubeCluster } from './cluster/minikubeCluster';
import { MinikubeLocation } from './cluster/minikubeLocation';
import { parseConfiguration } from './configuration/parse';
import { guardData } from './dataGuard';
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
  const { loseData, dev, scaling, exposure, platform, service } = configuration;
  const images = configuration.database.kind === 'mongo' ? [configuration.database.image] : [];
  await assertReady(configuration);

  return guardData(loseData, () => {
    const cluster =
      configuration.cluster.kind === 'minikube'
        ? new MinikubeCluster('minikube', { ...configuration.cluster, loseData, images })
        : new ExistingCluster('cluster', configuration.cluster);
    const image = new ServiceImage('web', { source: service.source, registry: cluster.registry, platform });
    const restricted = new RestrictedNamespace('namespace', { name: configuration.namespace }, cluster.options);
    const namespace = restricted.name;
    const database =
      configuration.database.kind === 'mongo'
        ? new MongoDatabase(
            'mongo',
            { ...configuration.database, pulledImage: cluster.pull(configuration.database.image), namespace },
            cluster.options,
          )
        : externalDatabase(configuration.database.uri);
    const connections = { [service.mongoVariable]: database };
    const web = new WebService('web', { ...service, dev, namespace, image, connections, scaling }, cluster.options);
    const endpoint = new WebEndpoint('web', { namespace, service: web, exposure }, cluster.options);

    if (cluster instanceof MinikubeCluster) {
      const dependsOn = [cluster, image, ...cluster.workloads];
      new MinikubeLocation('minikube', { profile: cluster.name }, { dependsOn });
    }
    return {
      url: endpoint.url,
      services: { web: { url: endpoint.url, health: endpoint.health } },
      namespace: configuration.namespace,
      profile: cluster.name,
      imageDigest: image.reference,
      kubeconfig: cluster.kubeconfig,
    };
  });
};
