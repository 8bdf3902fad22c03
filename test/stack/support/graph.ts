import * as pulumi from '@pulumi/pulumi';
import { ExistingCluster } from '../../../stack/cluster/existingCluster';
import { MinikubeCluster } from '../../../stack/cluster/minikubeCluster';
import { parseConfiguration } from '../../../stack/configuration/parse';
import { externalDatabase } from '../../../stack/workloads/database';
import { MongoDatabase } from '../../../stack/workloads/mongoDatabase';
import { RestrictedNamespace } from '../../../stack/workloads/restrictedNamespace';
import { ServiceImage } from '../../../stack/workloads/serviceImage';
import { WebEndpoint } from '../../../stack/workloads/webEndpoint';
import { WebService } from '../../../stack/workloads/webService';
import { recordResources, type Registered } from './record';
import { source } from './source';

export interface Graph {
  readonly resources: readonly Registered[];
  /** The only resource of `kind`, such as `Deployment`, and `name`. */
  one(kind: string, name: string): Registered;
  readonly cluster: MinikubeCluster | ExistingCluster;
  readonly database: { readonly uri: pulumi.Output<string> };
  readonly url: pulumi.Output<string>;
}

/** What `stack/index.ts` makes of the default configuration with `changes`, without a look at this machine. */
export async function graphOf(changes: Record<string, string> = {}): Promise<Graph> {
  const { cluster: place, namespace, database: data, scaling, exposure } = parseConfiguration(source(changes), 'test');
  const { result, resources } = await recordResources(() => {
    const cluster = place.kind === 'minikube' ? new MinikubeCluster('minikube', place) : new ExistingCluster('cluster', place);
    const { inside } = cluster;
    const image = new ServiceImage('web', { source: 'service', registry: cluster.registry });
    const space = new RestrictedNamespace('namespace', { name: namespace }, inside);
    const clients = { 'app.kubernetes.io/name': 'web' };
    const database = data.kind === 'mongo'
      ? new MongoDatabase('mongo', { ...data, image: cluster.holding(data.image), namespace: space.name, clients }, inside)
      : externalDatabase(data.uri);
    const web = new WebService('web', { namespace: space.name, image, database, scaling }, inside);
    const { url } = new WebEndpoint('web', { namespace: space.name, pods: web.labels, exposure }, inside);
    return { cluster, database, url };
  });
  return {
    ...result,
    resources,
    one(kind, name) {
      const [found, ...others] = resources.filter((resource) => resource.type.split(':').pop() === kind && resource.name === name);
      if (!found || others.length > 0) throw new Error(`${found ? 'more than one' : 'no'} ${kind} '${name}'`);
      return found;
    },
  };
}

/** The value of `output`. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply((value) => resolve(value as T)));
}
