import assert from 'node:assert/strict';
import * as pulumi from '@pulumi/pulumi';
import { type Graph, graphOf } from './support/graph';

describe('the URNs', function () {
  this.timeout(60_000);
  let graph: Graph;
  before(async () => {
    graph = await graphOf();
  });

  // A resource with another URN is another resource: the old one, and what it holds, is deleted from every stack. Where one
  // has to change, give the resource an alias of its old name, type or parent, and change the list.
  it('stay as they are', () => {
    assert.deepEqual(graph.resources.map(({ urn }) => urn).sort(), [
      'pulumi-nodejs:dynamic/minikube:Location::minikube',
      'webstack:cluster:MinikubeCluster$pulumi-nodejs:dynamic/minikube:Image::mongo',
      'webstack:cluster:MinikubeCluster$pulumi-nodejs:dynamic/minikube:Image::web',
      'webstack:cluster:MinikubeCluster$pulumi-nodejs:dynamic/minikube:Profile::minikube',
      'webstack:cluster:MinikubeCluster$pulumi-nodejs:dynamic/minikube:Registry::minikube',
      'webstack:cluster:MinikubeCluster$pulumi-nodejs:dynamic/minikube:Start::minikube',
      'webstack:cluster:MinikubeCluster$pulumi:providers:kubernetes::minikube',
      'webstack:cluster:MinikubeCluster$webstack:cluster:MetricsServer$kubernetes:apiregistration.k8s.io/v1:APIService::metrics-server',
      'webstack:cluster:MinikubeCluster$webstack:cluster:MetricsServer$kubernetes:apps/v1:Deployment::metrics-server',
      'webstack:cluster:MinikubeCluster$webstack:cluster:MetricsServer$kubernetes:core/v1:Service::metrics-server',
      'webstack:cluster:MinikubeCluster$webstack:cluster:MetricsServer$kubernetes:core/v1:ServiceAccount::metrics-server',
      'webstack:cluster:MinikubeCluster$webstack:cluster:MetricsServer$kubernetes:rbac.authorization.k8s.io/v1:ClusterRole::metrics-server',
      'webstack:cluster:MinikubeCluster$webstack:cluster:MetricsServer$kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding::metrics-server',
      'webstack:cluster:MinikubeCluster$webstack:cluster:MetricsServer$kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding::metrics-server-auth',
      'webstack:cluster:MinikubeCluster$webstack:cluster:MetricsServer$kubernetes:rbac.authorization.k8s.io/v1:RoleBinding::metrics-server',
      'webstack:cluster:MinikubeCluster$webstack:cluster:MetricsServer::metrics-server',
      'webstack:cluster:MinikubeCluster::minikube',
      'webstack:workloads:MongoDatabase$kubernetes:apps/v1:StatefulSet::mongo',
      'webstack:workloads:MongoDatabase$kubernetes:batch/v1:Job::mongo-configure',
      'webstack:workloads:MongoDatabase$kubernetes:core/v1:ConfigMap::mongo',
      'webstack:workloads:MongoDatabase$kubernetes:core/v1:ConfigMap::mongo-configure',
      'webstack:workloads:MongoDatabase$kubernetes:core/v1:PersistentVolumeClaim::mongo',
      'webstack:workloads:MongoDatabase$kubernetes:core/v1:Secret::mongo',
      'webstack:workloads:MongoDatabase$kubernetes:core/v1:Secret::mongo-configure',
      'webstack:workloads:MongoDatabase$kubernetes:core/v1:Service::mongo',
      'webstack:workloads:MongoDatabase$kubernetes:networking.k8s.io/v1:NetworkPolicy::mongo',
      'webstack:workloads:MongoDatabase$kubernetes:networking.k8s.io/v1:NetworkPolicy::mongo-configure',
      'webstack:workloads:MongoDatabase$random:index/randomPassword:RandomPassword::mongo-key',
      'webstack:workloads:MongoDatabase$random:index/randomPassword:RandomPassword::mongo-root',
      'webstack:workloads:MongoDatabase$random:index/randomPassword:RandomPassword::mongo-service',
      'webstack:workloads:MongoDatabase::mongo',
      'webstack:workloads:RestrictedNamespace$kubernetes:core/v1:Namespace::namespace',
      'webstack:workloads:RestrictedNamespace$kubernetes:networking.k8s.io/v1:NetworkPolicy::namespace-default-deny',
      'webstack:workloads:RestrictedNamespace::namespace',
      'webstack:workloads:ServiceImage$docker:index/image:Image::web',
      'webstack:workloads:ServiceImage$pulumi-nodejs:dynamic/docker:BuiltImages::web',
      'webstack:workloads:ServiceImage::web',
      'webstack:workloads:WebEndpoint$kubernetes:core/v1:Service::web',
      'webstack:workloads:WebEndpoint::web',
      'webstack:workloads:WebService$kubernetes:apps/v1:Deployment::web',
      'webstack:workloads:WebService$kubernetes:autoscaling/v2:HorizontalPodAutoscaler::web',
      'webstack:workloads:WebService$kubernetes:core/v1:Secret::web',
      'webstack:workloads:WebService$kubernetes:networking.k8s.io/v1:NetworkPolicy::web',
      'webstack:workloads:WebService$kubernetes:policy/v1:PodDisruptionBudget::web',
      'webstack:workloads:WebService::web',
    ]);
  });

  it('are more with three members of MongoDB, and the same for the first', async () => {
    const urns = (of: Graph): string[] => of.resources.map(({ urn }) => urn);
    const three = urns(await graphOf({ mongoMembers: '3' }));
    const one = urns(graph);
    assert.deepEqual(
      one.filter((urn) => !three.includes(urn)),
      [],
    );
    assert.deepEqual(three.filter((urn) => !one.includes(urn)).sort(), [
      'webstack:workloads:MongoDatabase$kubernetes:apps/v1:StatefulSet::mongo-1',
      'webstack:workloads:MongoDatabase$kubernetes:apps/v1:StatefulSet::mongo-2',
      'webstack:workloads:MongoDatabase$kubernetes:core/v1:ConfigMap::mongo-members',
      'webstack:workloads:MongoDatabase$kubernetes:core/v1:PersistentVolumeClaim::mongo-1',
      'webstack:workloads:MongoDatabase$kubernetes:core/v1:PersistentVolumeClaim::mongo-2',
      'webstack:workloads:MongoDatabase$kubernetes:policy/v1:PodDisruptionBudget::mongo',
    ]);
  });

  it('are more after a rotation of passwords', async () => {
    const one = graph.resources.map(({ urn }) => urn);
    const others = (await graphOf({ mongoPasswords: '2' })).resources.filter(({ urn }) => !one.includes(urn));
    assert.deepEqual(others.map(({ urn }) => urn).sort(), [
      'webstack:workloads:MongoDatabase$kubernetes:batch/v1:Job::mongo-drop-users',
      'webstack:workloads:MongoDatabase$kubernetes:core/v1:ConfigMap::mongo-drop-users',
      'webstack:workloads:MongoDatabase$kubernetes:core/v1:Secret::mongo-drop-users',
      'webstack:workloads:MongoDatabase$random:index/randomPassword:RandomPassword::mongo-root-2',
      'webstack:workloads:MongoDatabase$random:index/randomPassword:RandomPassword::mongo-service-2',
    ]);
  });

  it("include those of older stacks, whose components' types start with the project's name", () => {
    const components = graph.resources.filter(({ type }) => type.startsWith('webstack:'));
    assert.equal(components.length, 7);
    for (const { type, name, aliases } of components) {
      assert.deepEqual(aliases, [type.replace('webstack', pulumi.getProject())], name);
    }
  });
});
