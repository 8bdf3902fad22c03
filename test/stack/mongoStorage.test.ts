import assert from 'node:assert/strict';
import type * as pulumi from '@pulumi/pulumi';
import { storageFault } from '../../stack/workloads/mongoGuards';
import { graphOf } from './support/graph';

const minikube = 'k8s.io/minikube-hostpath';

describe('storageFault(current, next, provisioner)', () => {
  it('lets a volume grow, and stay', () => {
    assert.equal(storageFault('1Gi', '2Gi', 'ebs.csi.aws.com'), undefined);
    assert.equal(storageFault('1Gi', '1Ti'), undefined);
    assert.equal(storageFault('1Gi', '1024Mi', minikube), undefined);
  });
  it('does not let it shrink, nor grow where it is a folder', () => {
    assert.equal(storageFault('2Gi', '2047Mi', 'ebs.csi.aws.com'), 'A volume can only grow.');
    assert.equal(storageFault('1Gi', '2Gi', minikube), "Volumes of k8s.io/minikube-hostpath can't grow.");
  });
});

describe("the hook of MongoDB's claims", function () {
  this.timeout(60_000);
  const update = async (next: string, provisioner: string): Promise<unknown> => {
    const [hook] =
      (await graphOf({ mongoStorage: next })).one('PersistentVolumeClaim', 'mongo').hooks.beforeUpdate ?? [];
    assert.ok(hook && typeof hook === 'object' && hook.opts?.onDryRun, 'the preview does not run it');
    const annotations = { 'volume.kubernetes.io/storage-provisioner': provisioner };
    const oldOutputs = { metadata: { annotations }, spec: { resources: { requests: { storage: '2Gi' } } } };
    return hook.callback({ oldOutputs } as unknown as pulumi.ResourceHookArgs);
  };

  it('stops an update to a size that the volume can not have, and names the way round it', async () => {
    await assert.rejects(
      update('1Gi', 'ebs.csi.aws.com'),
      /has 2Gi and can't be changed to 1Gi\. A volume can only grow\. Nothing was changed\..*config set mongoStorage 2Gi.*--backup FILE.*--restore FILE/,
    );
    await assert.rejects(update('3Gi', minikube), /Volumes of k8s\.io\/minikube-hostpath can't grow/);
  });
  it('lets any other update pass', async () => {
    assert.equal(await update('3Gi', 'ebs.csi.aws.com'), undefined);
  });
});
