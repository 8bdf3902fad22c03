import assert from 'node:assert/strict';
import { platformLimits } from '../../../service/platform/configuration';
import { oplogSize } from '../../../stack/workloads/mongoGuards';
import { cacheGigabytes } from '../../../stack/workloads/mongoMember';
import { imageName } from '../../../stack/workloads/serviceImage';
import { type Graph, graphOf } from '../support/graph';
import type { Tree } from '../support/record';

describe('the workloads', function () {
  this.timeout(60_000); // Pulumi's kubernetes package takes seconds to load
  let graph: Graph;
  before(async () => {
    graph = await graphOf();
  });
  const container = (kind: string, name: string): Tree =>
    (graph.one(kind, name).inputs.spec!.template!.spec!.containers as unknown as [Tree])[0];
  const annotations = (of: Graph, kind: string): Record<string, unknown> => ({
    ...of.one(kind, 'web').inputs.metadata!.annotations,
  });

  it('let MongoDB start on Linux 6.19 and newer, where its per-CPU caches must be off', () => {
    const { env } = container('StatefulSet', 'mongo');
    assert.ok(
      (env as unknown as Tree[]).some(
        ({ name, value }) => String(name) === 'GLIBC_TUNABLES' && String(value) === 'glibc.pthread.rseq=1',
      ),
    );
  });

  it('start MongoDB by the script of the stack, and let it recover for hours', () => {
    const { command, startupProbe, volumeMounts } = container('StatefulSet', 'mongo');
    assert.deepEqual(command, ['bash', '/scripts/start.sh']);
    assert.ok((volumeMounts as unknown as Tree[]).some(({ mountPath }) => String(mountPath) === '/scripts'));
    assert.deepEqual(Object.keys(graph.one('ConfigMap', 'mongo').inputs.data!), ['start.sh']);
    assert.ok(Number(startupProbe!.periodSeconds) * Number(startupProbe!.failureThreshold) >= 3600);
  });

  it('give MongoDB memory for its cache, a MiB for each connection of all pods, and 200 MiB for the rest', () => {
    const { maxReplicas } = graph.one('HorizontalPodAutoscaler', 'web').inputs.spec!;
    const memory = Number.parseInt(String(container('StatefulSet', 'mongo').resources!.limits!.memory), 10);
    const connections = Number(maxReplicas) * (platformLimits.poolSize.default + 2); // two for the driver itself
    assert.ok(cacheGigabytes(memory) * 1024 + connections + 200 <= memory, `${connections} connections`);
  });

  it('let an update replace a MongoDB that the update before it broke, without a new StatefulSet for older stacks', () => {
    const { inputs, ignoreChanges } = graph.one('StatefulSet', 'mongo');
    assert.equal(inputs.spec!.podManagementPolicy, 'Parallel'); // OrderedReady waits for the broken pod
    assert.deepEqual(ignoreChanges, ['spec.podManagementPolicy']);
  });

  it('are ready first with the database, and take a pod that hangs out within ten seconds', () => {
    const { startupProbe, readinessProbe } = container('Deployment', 'web');
    assert.equal(startupProbe!.httpGet!.path, '/health/startup');
    assert.equal(readinessProbe!.httpGet!.path, '/health/ready');
    const { periodSeconds, timeoutSeconds, failureThreshold } = readinessProbe!;
    const seconds = Math.max(Number(periodSeconds), Number(timeoutSeconds)) * Number(failureThreshold);
    assert.ok(Number(periodSeconds) + seconds < 10, `${seconds} s`);
  });

  it('start all new pods of the service at once, and keep at least three of four', () => {
    assert.deepEqual(graph.one('Deployment', 'web').inputs.spec!.strategy, {
      rollingUpdate: { maxUnavailable: '25%', maxSurge: '100%' },
    });
  });

  it('make no update wait for the autoscaler, or for the endpoints of a Service', async () => {
    const skipAwait = { 'pulumi.com/skipAwait': 'true' };
    assert.deepEqual(annotations(graph, 'HorizontalPodAutoscaler'), {});
    assert.deepEqual(annotations(graph, 'Service'), skipAwait);
    assert.deepEqual(annotations(await graphOf({ expose: 'ingress', host: 'shop.example' }), 'Service'), skipAwait);
    assert.deepEqual(annotations(await graphOf({ expose: 'loadBalancer' }), 'Service'), {}); // its address is needed
  });
});

describe('cacheGigabytes(memory)', () => {
  it('is sized from the memory limit', () => {
    assert.equal(cacheGigabytes(500), 0.25);
    assert.equal(cacheGigabytes(3072), 1);
  });
});

describe('oplogSize(storage)', () => {
  it('is a fifth of the volume, and never more than MongoDB itself would take', () => {
    assert.equal(oplogSize('1Gi'), 204);
    assert.equal(oplogSize('500Mi'), 100);
    assert.equal(oplogSize('1Ti'), 51_200);
  });
});

describe('imageName(parts)', () => {
  it('is a name that registries take, and another for another stack', () => {
    assert.equal(imageName('my-shop', 'dev', 'web'), 'my-shop-dev-web');
    assert.equal(imageName('My.Shop', 'dev_', 'web'), 'my-shop-dev-web');
    assert.equal(imageName('_a', 'b', 'web'), 'a-b-web');
  });
});
