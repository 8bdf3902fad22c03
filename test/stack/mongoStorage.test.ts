import assert from 'node:assert/strict';
import type * as pulumi from '@pulumi/pulumi';
import { storageFault } from '../../stack/workloads/mongoGuards';
import { type Graph, graphOf } from './support/graph';

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
