import * as pulumi from '@pulumi/pulumi';
import { parseConfiguration } from './configuration/parse';
import { createCluster } from './createCluster';
import { guardData } from './dataGuard';
import { assertPreflight } from './preflight/preflight';
import { externalDatabase } from './workloads/backingService';
import { MongoDatabase } from './workloads/mongoDatabase';
import { RestrictedNamespace } from './workloads/restrictedNamespace';
import { ServiceImage } from './workloads/serviceImage';
import { WebEndpoint } from './workloads/webEndpoint';
import { WebService } from './workloads/webService';

export = async (assertReady = assertPreflight) => {
  const keys = Object.keys(pulumi.runtime.allConfig());
  const configuration = parseConfiguration(new pulumi.Config(), pulumi.getStack(), keys);
  const { namespace: name, database: db, loseData, dev, scaling, exposure, platform, service } = configuration;

  const build = () => {
    const cluster = createCluster(configuration);
    const { options } = cluster;
    const image = new ServiceImage('web', { source: service.source, cluster, platform });
    const { name: namespace } = new RestrictedNamespace('namespace', { name }, options);
    const database =
      db.kind === 'mongo'
        ? new MongoDatabase('mongo', { ...db, pulledImage: cluster.pull('mongo', db.image), namespace }, options)
        : externalDatabase(db.uri, db.tlsFiles);
    const connections = { [service.mongoVariable]: database };
    const web = new WebService('web', { ...service, dev, namespace, image, connections, scaling }, options);
    const endpoint = new WebEndpoint('web', { namespace, service: web, exposure }, options);

    cluster.recordLocation(image);

    return {
      url: endpoint.url,
      services: { web: { url: endpoint.url, health: endpoint.health } },
      namespace: configuration.namespace,
      profile: cluster.name,
      imageDigest: image.reference,
      kubeconfig: cluster.kubeconfig,
    };
  };
  return guardData(loseData, build, assertReady(configuration));
};
