import assert from 'node:assert/strict';
import type * as pulumi from '@pulumi/pulumi';
import { storageFault, upgradeFault } from '../../../stack/workloads/mongoGuards';
import { type Graph, graphOf } from '../support/graph';

describe('storageFault(current, next, fixed)', () => {
  it('lets a volume grow, and stay', () => {
    assert.equal(storageFault('1Gi', '1Ti', false), undefined);
    assert.equal(storageFault('1Gi', '1024Mi', true), undefined);
  });
  it('does not let it shrink, nor grow where it is a folder', () => {
    assert.equal(storageFault('2Gi', '2047Mi', false), 'A volume can only grow.');
    assert.equal(storageFault('1Gi', '2Gi', true), "Minikube's volumes can't grow.");
  });
});

describe('a larger volume of MongoDB', function () {
  this.timeout(60_000);
  it('restarts no member', async () => {
    const [small, large] = [await graphOf(), await graphOf({ mongoStorage: '100Gi' })];
    const pod = (of: Graph): unknown => of.one('StatefulSet', 'mongo').inputs.spec;
    assert.deepEqual(pod(large), pod(small));
    const oplog = (of: Graph): unknown => of.one('Secret', 'mongo-configure').inputs.stringData!.OPLOG_SIZE;
    assert.deepEqual([oplog(small), oplog(large)], ['204', '20480']);
  });
});

describe("the hook of MongoDB's claims", function () {
  this.timeout(60_000);
  const update = async (next: string, config = {}): Promise<unknown> => {
    const graph = await graphOf({ mongoStorage: next, ...config });
    const [hook] = graph.one('PersistentVolumeClaim', 'mongo').hooks.beforeUpdate ?? [];
    assert.ok(hook && typeof hook === 'object' && hook.opts?.onDryRun, 'the preview does not run it');
    const oldInputs = { spec: { resources: { requests: { storage: '2Gi' } } } };
    return hook.callback({ oldInputs } as unknown as pulumi.ResourceHookArgs);
  };

  it('stops an update to a size that the volume can not have, and names the way round it', async () => {
    await assert.rejects(
      update('1Gi'),
      /has 2Gi and can't be changed to 1Gi\. A volume can only grow\. Nothing was changed\..*config set mongoStorage 2Gi.*--backup FILE.*--restore FILE/,
    );
    await assert.rejects(update('3Gi'), /Minikube's volumes can't grow/);
  });
  it('lets any other update pass', async () => {
    assert.equal(await update('2Gi'), undefined);
    assert.equal(await update('3Gi', { storageClass: 'csi' }), undefined); // Kubernetes knows whether it can
  });
});

describe('upgradeFault(current, next)', () => {
  for (const [current, next] of [
    ['mongo:8.0.30', 'mongo:8.0.30'],
    ['mongo:8.0.30', 'mongo:8.0.4'],
    ['mongo:8.0.30', 'mongo:8.3.9'],
    ['mongo:8.0.30', 'mongo:8'],
    ['mongo:7.0.41', 'mongo:8.0.30'],
    ['mongo:7', 'mongo:8.0.30'],
    ['mongo:8.0', 'ghcr.io:443/me/mongo:v9.0-noble@sha256:00'],
    ['mongo:latest', 'mongo:latest'],
  ] as const) {
    it(`lets ${current} become ${next}`, () => assert.equal(upgradeFault(current, next), undefined));
  }
  for (const [current, next, reason] of [
    ['mongo:8.0.30', 'mongo:7.0.41', /newer version/],
    ['mongo:8.3.9', 'mongo:8.0.30', /newer version/],
    ['mongo:8', 'mongo:7', /newer version/],
    ['mongo:8', 'mongo:8.0.30', /'mongo:8' is whichever 8\.x was the newest/],
    ['mongo:6.0', 'mongo:8.0.30', /Update to 7 first/],
    ['mongo:8.0.30', 'mongo:10.0', /reads the files of 9 and 10 only\. Update to 9 first/],
    ['mongo:8.0.30', 'mongo:latest', /tag of 'mongo:latest' does not start with a version/],
    ['localhost:5000/mongo', 'mongo:8.0.30', /tag of 'localhost:5000\/mongo'/],
    ['mongo@sha256:80', 'mongo:8.0.30', /tag of 'mongo@sha256:80'/],
  ] as const) {
    it(`does not let ${current} become ${next}`, () => assert.match(upgradeFault(current, next) ?? '', reason));
  }
});

describe("the hook of MongoDB's StatefulSet", function () {
  this.timeout(60_000);
  const update = async (current: string, next: string, status: object | undefined): Promise<unknown> => {
    const [hook] = (await graphOf({ mongoImage: next })).one('StatefulSet', 'mongo').hooks.beforeUpdate ?? [];
    assert.ok(hook && typeof hook === 'object' && hook.opts?.onDryRun, 'the preview does not run it');
    const oldInputs = { spec: { template: { spec: { containers: [{ image: current }] } } } };
    return hook.callback({ oldInputs, oldOutputs: { status } } as unknown as pulumi.ResourceHookArgs);
  };

  it('stops an update to an image that does not read the files, and says how to keep the present one', async () => {
    await assert.rejects(
      update('mongo:8.0.30', 'mongo:7.0.41', { readyReplicas: 1 }),
      /runs 'mongo:8\.0\.30' and can't be changed to 'mongo:7\.0\.41'.*Nothing was changed.*config set mongoImage mongo:8\.0\.30/s,
    );
  });
  it('lets any other update pass', async () => {
    assert.equal(await update('mongo:7.0.41', 'mongo:8.0.30', { readyReplicas: 1 }), undefined);
  });
  it('lets an image be changed back that never started', async () => {
    assert.equal(await update('mongo:9.0.0', 'mongo:8.0.30', { replicas: 1 }), undefined);
  });
});
