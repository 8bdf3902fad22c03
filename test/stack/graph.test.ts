import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { fakePrograms } from '../tools/cli/support/fakePrograms';
import { type Graph, graphOf, resolved } from './support/graph';
import type { Tree } from './support/record';
import { project } from './support/source';

const digest = `sha256:${'0'.repeat(64)}`; // of the mocked push
const workloads = [
  ['Deployment', 'web', '500m', '500Mi'],
  ['StatefulSet', 'mongo', '2', '700Mi'],
] as const;
const pod = (graph: Graph, kind: string, name: string): Tree => graph.one(kind, name).inputs.spec!.template!.spec!;
const list = (tree: Tree | undefined): Tree[] => (tree as unknown as Tree[]) ?? [];
const containers = (spec: Tree): Tree[] => [...list(spec.containers), ...list(spec.initContainers)];

describe('the graph on Minikube', function () {
  this.timeout(60_000); // Pulumi's kubernetes package takes seconds to load
  let graph: Graph;
  before(async () => {
    graph = await graphOf();
  });

  it('hangs each resource under the component that makes it', () => {
    const children = (component: string): string[] =>
      graph.resources
        .filter(({ parent }) => parent === component)
        .map(({ type, name }) => `${type.split(':').pop()} ${name}`)
        .sort();
    assert.deepEqual(children('stack'), [
      'Location minikube',
      'MinikubeCluster minikube',
      'MongoDatabase mongo',
      'RestrictedNamespace namespace',
      'ServiceImage web',
      'WebEndpoint web',
      'WebService web',
    ]);
    assert.deepEqual(children('webstack:workloads:RestrictedNamespace namespace'), [
      'Namespace namespace',
      'NetworkPolicy namespace-default-deny',
    ]);
    assert.deepEqual(children('webstack:workloads:ServiceImage web'), ['BuiltImages web', 'Image web']);
    assert.deepEqual(children('webstack:workloads:MongoDatabase mongo'), [
      'ConfigMap mongo',
      'ConfigMap mongo-configure',
      'Job mongo-configure',
      'NetworkPolicy mongo',
      'NetworkPolicy mongo-configure',
      'PersistentVolumeClaim mongo',
      'RandomPassword mongo-key',
      'RandomPassword mongo-root',
      'RandomPassword mongo-service',
      'Secret mongo',
      'Secret mongo-configure',
      'Service mongo',
      'StatefulSet mongo',
    ]);
    assert.deepEqual(children('webstack:workloads:WebService web'), [
      'Deployment web',
      'HorizontalPodAutoscaler web',
      'NetworkPolicy web',
      'PodDisruptionBudget web',
      'Secret web',
    ]);
    assert.deepEqual(children('webstack:workloads:WebEndpoint web'), ['Service web']);
    for (const child of ['MetricsServer metrics-server', 'Profile minikube', 'Provider minikube', 'Start minikube']) {
      const [kind = '', name] = child.split(' ');
      const type = kind === 'Provider' ? 'kubernetes' : kind; // a provider's type ends with its package
      assert.equal(graph.one(type, name!).parent, 'webstack:cluster:MinikubeCluster minikube');
    }
  });

  it('destroys the location of the cluster first, and nothing else where that is not seen', () => {
    const others = graph.resources.filter(({ parent, type }) => parent === 'stack' && !type.endsWith(':Location'));
    const { dependsOn } = graph.one('Location', 'minikube');
    assert.deepEqual([...dependsOn].sort(), others.map(({ type, name }) => `${type} ${name}`).sort());
  });

  it('deletes what is on the cluster with the cluster', () => {
    for (const { type, name, deletedWith } of graph.resources) {
      if (type.startsWith('kubernetes:'))
        assert.equal(deletedWith, 'pulumi-nodejs:dynamic/minikube:Profile minikube', `${type} ${name}`);
    }
  });

  it('keeps passwords, connection string and kubeconfig secret', async () => {
    assert.ok(await pulumi.isSecret(graph.outputs.kubeconfig), 'kubeconfig');
    assert.deepEqual(graph.one('kubernetes', 'minikube').secrets, ['kubeconfig']);
    for (const name of ['web', 'mongo', 'mongo-configure'])
      assert.deepEqual(graph.one('Secret', name).secrets, ['stringData']);
    for (const { type, name, inputs } of graph.resources) {
      if (type.endsWith(':Secret')) continue;
      assert.ok(!JSON.stringify(inputs).includes('generated'), `${type} ${name} shows a password`);
    }
  });

  it('gives the service the connection string, and MongoDB the same password', async () => {
    assert.deepEqual(graph.one('Secret', 'web').inputs.stringData, {
      MONGODB_URI: 'mongodb://service:generated@mongo-0.mongo:27017/app?replicaSet=rs0',
    });
    assert.equal(graph.one('Secret', 'mongo-configure').inputs.stringData!.SERVICE_PASSWORD, 'generated');
  });

  it('lets MongoDB find itself by the name that its clients use', () => {
    const { hostAliases } = pod(graph, 'StatefulSet', 'mongo');
    assert.deepEqual(hostAliases, [{ ip: '127.0.0.1', hostnames: ['mongo-0.mongo'] }]);
    assert.equal(String(graph.one('Secret', 'mongo-configure').inputs.stringData!.MEMBERS), 'mongo-0.mongo:27017');
    assert.equal(graph.one('StatefulSet', 'mongo').inputs.spec?.serviceName, graph.one('Service', 'mongo').name);
  });

  it('runs the pushed image by digest, from the host that nodes pull from', () => {
    assert.equal(
      graph.one('index/image:Image', 'web').inputs.imageName,
      `localhost:5500/${project}-test-web:0123456789ab`,
    ); // told apart by the registry's id
    assert.deepEqual(
      containers(pod(graph, 'Deployment', 'web')).map(({ image }) => image),
      [`${project}-test-registry:5000/${project}-test-web@${digest}`],
    );
    assert.deepEqual(pod(graph, 'Deployment', 'web').imagePullSecrets, []);
    assert.equal(
      graph.one('dynamic/minikube:Image', 'web').inputs.image,
      containers(pod(graph, 'Deployment', 'web'))[0]!.image,
    );
  });

  it('leaves the number of replicas to the autoscaler, 2 to 5 at 70 %', () => {
    const { spec } = graph.one('HorizontalPodAutoscaler', 'web').inputs;
    assert.equal('replicas' in graph.one('Deployment', 'web').inputs.spec!, false);
    assert.deepEqual([spec!.minReplicas, spec!.maxReplicas], [2, 5]);
    assert.deepEqual(spec!.scaleTargetRef, { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' });
    assert.deepEqual(spec!.metrics, [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
    ]);
  });

  it('restricts every container of every pod', () => {
    for (const { type, name, inputs } of graph.resources) {
      const spec = inputs.spec?.template?.spec;
      if (!spec) continue;
      const { runAsNonRoot, runAsUser, seccompProfile } = spec.securityContext!;
      assert.deepEqual(
        { runAsNonRoot, seccompProfile },
        { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        `${type} ${name}`,
      );
      assert.ok(Number(runAsUser) > 0, `${type} ${name}`);
      assert.ok(containers(spec).length > 0, `${type} ${name}`);
      for (const container of containers(spec)) {
        assert.deepEqual(
          container.securityContext,
          { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
          `${type} ${name}`,
        );
      }
    }
  });

  for (const [kind, name, cpu, memory] of workloads) {
    it(`gives ${kind} ${name} its share, and no token of the cluster's API`, () => {
      const spec = pod(graph, kind, name);
      assert.equal(spec.automountServiceAccountToken, false);
      assert.deepEqual(
        containers(spec).map(({ resources }) => resources),
        [{ requests: { cpu: '200m', memory: '250Mi' }, limits: { cpu, memory } }],
      );
      assert.equal(graph.one(kind, name).inputs.metadata!.namespace, `${project}-test`);
    });
  }

  it('has a namespace that enforces this, and lets no traffic pass by itself', () => {
    assert.deepEqual(graph.one('Namespace', 'namespace').inputs.metadata, {
      name: `${project}-test`,
      labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
    });
    assert.deepEqual(graph.one('NetworkPolicy', 'namespace-default-deny').inputs.spec, {
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
    });
    assert.deepEqual(graph.one('NetworkPolicy', 'mongo').inputs.spec!.ingress, [
      {
        from: ['mongo', 'mongo-configure', 'web'].map((name) => ({
          podSelector: { matchLabels: { 'app.kubernetes.io/name': name } },
        })),
        ports: [{ port: 27017 }],
      },
    ]);
  });

  it("lets the volume's claim have a new name each time it is made, and does not wait for it", () => {
    const { name, annotations } = graph.one('PersistentVolumeClaim', 'mongo').inputs.metadata!;
    assert.equal(name, undefined);
    assert.deepEqual(annotations, { 'pulumi.com/skipAwait': 'true' }); // a killed update would not know the name
    assert.deepEqual(list(pod(graph, 'StatefulSet', 'mongo').volumes)[0], {
      name: 'data',
      persistentVolumeClaim: { claimName: 'mongo-suffix' },
    });
  });

  it('is reached by a NodePort on 127.0.0.1', async () => {
    const { deleteBeforeReplace, inputs } = graph.one('Service', 'web');
    assert.ok(deleteBeforeReplace, 'a Service in another namespace could not get the port of the old one');
    const { spec } = inputs;
    assert.equal(spec!.type, 'NodePort');
    assert.deepEqual(spec!.ports, [{ name: 'http', port: 5000, targetPort: 'http', nodePort: 30500 }]);
    assert.deepEqual(spec!.selector, graph.one('Deployment', 'web').inputs.spec!.selector!.matchLabels);
    assert.equal(await resolved(graph.outputs.url), 'http://127.0.0.1:30500');
  });
});

describe('the graph elsewhere', function () {
  this.timeout(60_000);

  it('pulls from a private registry with a pull secret, and knows no localhost', async () => {
    const graph = await graphOf({ registry: 'ghcr.io/me', registryUsername: 'me', registryPassword: 'hush' });
    const image = graph.one('index/image:Image', 'web');
    assert.deepEqual(image.inputs.registry, { server: 'ghcr.io', username: 'me', password: 'hush' });
    assert.ok(image.secrets.includes('registry'));
    const onNode = graph.resources.filter(({ type }) => type.endsWith('minikube:Image')).map(({ name }) => name);
    assert.deepEqual(onNode, ['mongo']); // the node has no credentials
    const secret = graph.one('Secret', 'web-pull');
    assert.deepEqual([secret.inputs.type, secret.secrets], ['kubernetes.io/dockerconfigjson', ['stringData']]);
    assert.deepEqual(JSON.parse(String(secret.inputs.stringData!['.dockerconfigjson'])), {
      auths: { 'ghcr.io': { username: 'me', password: 'hush' } },
    });
    const spec = pod(graph, 'Deployment', 'web');
    assert.deepEqual(spec.imagePullSecrets, [{ name: 'web-pull-suffix' }]);
    assert.deepEqual(
      containers(spec).map(({ image: reference }) => reference),
      [`ghcr.io/me/${project}-test-web@${digest}`],
    );
    for (const { type, name, inputs } of graph.resources) {
      if (/^(kubernetes|docker):/.test(type))
        assert.ok(!JSON.stringify(inputs).includes('localhost'), `${type} ${name}`);
    }
  });

  it('gives the pull secret to the host that nodes pull from', async () => {
    const graph = await graphOf({
      registry: 'localhost:5600/me',
      registryPull: '10.0.0.9:5000/me',
      registryUsername: 'me',
      registryPassword: 'hush',
    });
    assert.equal((graph.one('index/image:Image', 'web').inputs.registry as Tree).server, 'localhost:5600');
    assert.deepEqual(
      Object.keys(
        (JSON.parse(String(graph.one('Secret', 'web-pull').inputs.stringData!['.dockerconfigjson'])) as Tree).auths!,
      ),
      ['10.0.0.9:5000'],
    );
  });

  it('connects to a database that is there, and makes none', async () => {
    const uri = 'mongodb://u:p@db.example/app';
    const graph = await graphOf({ mongoUri: uri });
    assert.deepEqual(
      graph.resources.filter(({ type }) => /:(StatefulSet|PersistentVolumeClaim|RandomPassword)$/.test(type)),
      [],
    );
    assert.deepEqual(graph.one('Secret', 'web').inputs.stringData, { MONGODB_URI: uri });
    assert.deepEqual(graph.one('Secret', 'web').secrets, ['stringData']);
  });

  it('gives the service the files that the TLS options of a connection string name', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'graph-'));
    try {
      const file = join(folder, 'my ca.pem');
      await writeFile(file, 'certificate');
      const graph = await graphOf({
        mongoUri: `mongodb://u:p@db.example/app?tls=true&tlsCAFile=${encodeURIComponent(file)}&retryWrites=true`,
      });
      const name = `tlsCAFile-${createHash('sha256').update('certificate').digest('hex').slice(0, 12)}`;
      assert.deepEqual(graph.one('Secret', 'web').inputs.stringData, {
        MONGODB_URI: `mongodb://u:p@db.example/app?tls=true&tlsCAFile=/etc/connections/${name}&retryWrites=true`,
      });
      assert.deepEqual(graph.one('Secret', 'web-files').inputs.stringData, { [name]: 'certificate' });
      assert.deepEqual(graph.one('Secret', 'web-files').secrets, ['stringData']);
      const { volumes, containers: all } = pod(graph, 'Deployment', 'web');
      assert.deepEqual(volumes, [{ name: 'files', secret: { secretName: 'web-files-suffix' } }]);
      assert.deepEqual((all as unknown as [Tree])[0].volumeMounts, [{ name: 'files', mountPath: '/etc/connections' }]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('puts the workloads on an existing cluster, behind an Ingress, and makes no cluster', async () => {
    const { PATH } = process.env;
    const programs = await fakePrograms();
    try {
      await programs.add('kubectl', `echo '{"current-context":"prod"}'`);
      process.env.PATH = programs.path;
      const graph = await graphOf({
        cluster: 'existing',
        context: 'prod',
        registry: 'ghcr.io/me',
        expose: 'ingress',
        host: 'koa.example',
        tlsSecret: 'tls',
      });
      const { kubeconfig: text, ...provider } = graph.one('kubernetes', 'cluster').inputs;
      assert.deepEqual(provider, { context: 'prod', clusterIdentifier: 'prod' });
      assert.equal(text, '{"current-context":"prod"}');
      assert.deepEqual(
        graph.resources.filter(({ type, deletedWith }) => /minikube|MetricsServer/.test(type) || deletedWith),
        [],
      );
      assert.deepEqual(graph.one('Ingress', 'web').inputs.spec!.tls, [{ hosts: ['koa.example'], secretName: 'tls' }]);
      assert.equal(graph.one('Service', 'web').inputs.spec!.type, undefined);
      assert.equal(await resolved(graph.outputs.url), 'https://koa.example');
    } finally {
      process.env.PATH = PATH;
      await programs.remove();
    }
  });
});
