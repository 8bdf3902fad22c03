import assert from 'node:assert/strict';
import { type Graph, graphOf } from '../support/graph';
import type { Tree } from '../support/record';

const dns = { ports: ['UDP', 'TCP'].map((protocol) => ({ port: 53, protocol })) };

describe('MongoDatabase with three members', function () {
  this.timeout(60_000);
  const names = ['mongo', 'mongo-1', 'mongo-2'] as const;
  let one: Graph;
  let three: Graph;
  before(async () => {
    one = await graphOf();
    three = await graphOf({ mongoMembers: '3' });
  });
  const pod = (graph: Graph, name: string): Tree => graph.one('StatefulSet', name).inputs.spec!.template!.spec!;

  it('leaves the pod and the volume of the first as they are with one', () => {
    assert.deepEqual(pod(three, 'mongo'), pod(one, 'mongo'));
    const claim = (graph: Graph): Tree => graph.one('PersistentVolumeClaim', 'mongo').inputs;
    assert.deepEqual(claim(three), claim(one));
  });

  it('updates one after the other, the first one last, and then configures the replica set', () => {
    const after = (kind: string, name: string): readonly string[] => three.one(kind, name).dependsOn;
    const set = 'kubernetes:apps/v1:StatefulSet';
    assert.deepEqual(after('StatefulSet', 'mongo-2'), ['kubernetes:core/v1:ConfigMap mongo-members']);
    assert.deepEqual(after('StatefulSet', 'mongo-1'), [`${set} mongo-2`]);
    assert.deepEqual(after('StatefulSet', 'mongo'), [`${set} mongo-1`]);
    assert.deepEqual(after('Job', 'mongo-configure'), [`${set} mongo`]);
    assert.deepEqual(one.one('Job', 'mongo-configure').dependsOn, []); // the first start is the sooner complete
  });

  it('gives each a volume and a name of its own, and lets an update delete the copies', () => {
    for (const [index, name] of names.entries()) {
      const { hostAliases, volumes } = pod(three, name);
      assert.deepEqual(hostAliases, [{ ip: '127.0.0.1', hostnames: [`${name}-0.mongo`] }]);
      const [data] = volumes as unknown as [Tree];
      assert.deepEqual(data.persistentVolumeClaim, { claimName: `${name}-suffix` });
      const { labels } = three.one('PersistentVolumeClaim', name).inputs.metadata!;
      assert.deepEqual(labels, index === 0 ? undefined : { 'webstack/copy': 'true' });
    }
  });

  const task = (graph: Graph): Tree => graph.one('Secret', 'mongo-configure').inputs.stringData!;

  it('configures the replica set again when the first volume is another one', () => {
    assert.equal(String(task(one).PID_FILE), '/tmp/mongo-suffix.pid');
  });

  // Secrets and Jobs with Pulumi's names are replaced, and the Job has the Secret's name: an update from 3 to 1 that was killed when it
  // had the Secret for 1 makes another one for 3, and so another Job.
  it('has another Job for each configuration, by a Secret that is there before it, with names of Pulumi', () => {
    assert.deepEqual([task(one).MEMBERS, task(three).MEMBERS].map(String), [
      'mongo-0.mongo:27017',
      'mongo-0.mongo:27017,mongo-1-0.mongo:27017,mongo-2-0.mongo:27017',
    ]);
    for (const kind of ['Secret', 'Job'])
      assert.equal(one.one(kind, 'mongo-configure').inputs.metadata!.name, undefined, kind);
    const pod = one.one('Job', 'mongo-configure').inputs.spec!.template!.spec!;
    const [{ envFrom, env }] = pod.containers as unknown as [Tree];
    assert.deepEqual(envFrom, [{ secretRef: { name: 'mongo-configure-suffix' } }]);
    assert.deepEqual(env, [{ name: 'CREATED', value: '2026-11-26T10:00:00Z' }]);
  });

  it('has Jobs that end by themselves, and are made again if they failed', () => {
    const { metadata, spec } = one.one('Job', 'mongo-configure').inputs;
    assert.ok(Number(spec!.backoffLimit) >= 1000);
    assert.equal(spec!.template!.spec!.restartPolicy, 'OnFailure');
    assert.ok(Number(spec!.activeDeadlineSeconds) <= 120);
    assert.ok(Number(three.one('Job', 'mongo-configure').inputs.spec!.activeDeadlineSeconds) >= 600);
    assert.equal((metadata!.annotations as unknown as Tree)['pulumi.com/replaceUnready'], 'true');
  });

  it('names them all to the service, which needs no other change', () => {
    assert.deepEqual(three.one('Secret', 'web').inputs.stringData, {
      MONGODB_URI:
        'mongodb://service:generated@mongo-0.mongo:27017,mongo-1-0.mongo:27017,mongo-2-0.mongo:27017/app?replicaSet=rs0',
    });
  });

  it('lets them reach each other, and has one disrupted at a time', () => {
    const podSelector = { matchLabels: { 'app.kubernetes.io/name': 'mongo' } };
    const { ingress, egress } = three.one('NetworkPolicy', 'mongo').inputs.spec!;
    assert.deepEqual(egress, [{ to: [{ podSelector }], ports: [{ port: 27017 }] }, dns]);
    const [{ from }] = ingress as unknown as [Tree];
    assert.deepEqual((from as unknown as Tree[])[0], { podSelector });
    assert.deepEqual(three.one('PodDisruptionBudget', 'mongo').inputs.spec, {
      maxUnavailable: 1,
      selector: podSelector,
    });
  });

  it('continues with the next member when one is up to date, and lets them connect before that', () => {
    const [{ readinessProbe }] = pod(three, 'mongo-1').containers as unknown as [Tree];
    const { periodSeconds, successThreshold } = readinessProbe!;
    assert.ok(Number(periodSeconds) * Number(successThreshold) > 2 * 2); // two heartbeats
    assert.equal(three.one('Service', 'mongo').inputs.spec!.publishNotReadyAddresses, true);
  });

  it('lets members reach each other until they have left', () => {
    assert.deepEqual(one.one('NetworkPolicy', 'mongo').inputs.spec, three.one('NetworkPolicy', 'mongo').inputs.spec);
  });

  it('fits on two CPUs, of which Kubernetes asks for 0.8, with two new pods of the service', () => {
    const cpu = (spec: Tree): number =>
      Number.parseInt(String((spec.containers as unknown as [Tree])[0].resources!.requests!.cpu), 10);
    const web = cpu(three.one('Deployment', 'web').inputs.spec!.template!.spec!);
    const mongo = names.reduce((sum, name) => sum + cpu(pod(three, name)), 0);
    assert.ok(800 + 4 * web + mongo <= 2000, `${mongo}`);
  });
});

describe('MongoDatabase with another generation of passwords', function () {
  this.timeout(60_000);
  let graph: Graph;
  before(async () => {
    graph = await graphOf({ mongoPasswords: '2' });
  });
  const task = (job: string): Tree => graph.one('Secret', job).inputs.stringData!;

  it('replaces the passwords of the users, and not the key of the members', () => {
    const keepers = (name: string): unknown => graph.one('RandomPassword', name).inputs.keepers;
    for (const user of ['mongo-root-2', 'mongo-service-2']) assert.deepEqual(keepers(user), { generation: '2' });
  });

  it('keeps the passwords of before, for the way back', async () => {
    const others = graph.resources.filter(({ type, inputs }) => type.endsWith(':RandomPassword') && !inputs.keepers);
    const before = (await graphOf()).resources.filter(({ type }) => type.endsWith(':RandomPassword'));
    assert.deepEqual(
      others.map(({ urn, inputs }) => ({ urn, inputs })),
      before.map(({ urn, inputs }) => ({ urn, inputs })),
    );
  });

  it('restarts no member', async () => {
    const pod = (of: Graph): unknown => of.one('StatefulSet', 'mongo').inputs.spec;
    assert.deepEqual(pod(graph), pod(await graphOf()));
  });

  it('gives the service another user, and drops the one before when the service has been updated', () => {
    assert.match(
      String(graph.one('Secret', 'web').inputs.stringData!.MONGODB_URI),
      /^mongodb:\/\/service_2:generated@/,
    );
    for (const job of ['mongo-configure', 'mongo-drop-users'])
      assert.equal(String(task(job).SERVICE_USER), 'service_2');
    assert.deepEqual(graph.one('Job', 'mongo-drop-users').dependsOn, ['webstack:workloads:WebService web']);
    assert.deepEqual(Object.keys(task('mongo-drop-users')).sort(), ['MEMBERS', 'REPLICA_SET_KEY', 'SERVICE_USER']);
  });
});
