import assert from 'node:assert/strict';
import type { CoreV1Event, V1PersistentVolumeClaim, V1PodStatus } from '@kubernetes/client-node';
import { describePendingClaims } from '../../../../tools/cli/shared/claims';
import { StackCluster } from '../../../../tools/cli/shared/kubernetes';
import { type FakeKubernetes, fakeKubernetes } from '../support/fakeKubernetes';

const claim = (storageClassName?: string, phase = 'Pending'): V1PersistentVolumeClaim => ({
  metadata: { name: 'mongo-a1' },
  spec: { ...(storageClassName !== undefined && { storageClassName }) },
  status: { phase },
});
const event = (name: string, reason: string): CoreV1Event => ({
  metadata: {},
  involvedObject: { kind: 'PersistentVolumeClaim', name },
  reason,
  message: `the message of ${reason}`,
});

describe('describePendingClaims(cluster, stack)', () => {
  let api: FakeKubernetes;
  let cluster: StackCluster;
  beforeEach(async () => {
    api = await fakeKubernetes();
    const kubeconfig = JSON.stringify({ ...JSON.parse(api.kubeconfig('koa')), 'current-context': 'koa' });
    cluster = new StackCluster({
      kubeconfig,
      namespace: 'space',
      url: '',
      services: {},
      imageDigest: '',
      profile: 'koa',
    });
    const standard = { metadata: { name: 'standard' }, provisioner: 'k8s.io/minikube-hostpath' };
    const fast = { metadata: { name: 'fast' }, provisioner: 'ebs.csi.aws.com' };
    api.set('storageclasses', standard, fast);
  });
  afterEach(() => api.close());
  const describeClaim = async (it: V1PersistentVolumeClaim, ...events: CoreV1Event[]): Promise<string[]> => {
    api.set('persistentvolumeclaims', it);
    api.set('events', ...events);
    return describePendingClaims(cluster, 'dev');
  };
  const provisioner = (status?: V1PodStatus): unknown =>
    api.texts.set(
      '/api/v1/namespaces/kube-system/pods',
      JSON.stringify({ items: status ? [{ metadata: { name: 'storage-provisioner' }, spec: {}, status }] : [] }),
    );
  const anew =
    'Restart it: minikube addons disable storage-provisioner -p koa && minikube addons enable storage-provisioner -p koa && npm run up';

  it('is nothing about claims with a volume, or that wait for the node of their pod', async () => {
    assert.deepEqual(await describeClaim(claim('standard', 'Bound')), []);
    assert.deepEqual(await describeClaim(claim('fast'), event('mongo-a1', 'WaitForFirstConsumer')), []);
  });

  it('names a missing StorageClass, and those that there are', async () => {
    const set =
      'Use one of these: standard, fast, with npm run pulumi -- config set storageClass NAME, then npm run up -- --lose-data';
    assert.deepEqual(await describeClaim(claim('slow')), [
      `Claim mongo-a1 has no volume: StorageClass 'slow' does not exist. ${set}`,
    ]);
    assert.deepEqual(await describeClaim(claim()), [
      `Claim mongo-a1 has no volume: it names no StorageClass, and the cluster has no default. ${set}`,
    ]);
    api.set('persistentvolumeclaims', claim('slow'), claim('standard', 'Bound'));
    const [besideData] = await describePendingClaims(cluster, 'dev');
    assert.match(besideData!, /storageClass NAME, then npm run up$/);
    api.set('storageclasses');
    assert.match((await describeClaim(claim()))[0]!, /has no default\. Install a volume provisioner/);
  });

  it("has the last event, and the state and log of Minikube's provisioner", async () => {
    const name = 'storage-provisioner';
    provisioner({
      containerStatuses: [
        {
          name,
          ready: false,
          restartCount: 4,
          image: '',
          imageID: '',
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { reason: 'Error', exitCode: 1 } },
        },
      ],
    });
    api.texts.set(`/api/v1/namespaces/kube-system/pods/${name}/log`, 'F main.go:39] error getting server version\n');
    const events = [event('mongo-a1', 'First'), event('mongo-a1', 'ExternalProvisioning'), event('other', 'Later')];
    const [text, ...others] = await describeClaim(claim('standard'), ...events);
    assert.deepEqual(others, []);
    assert.deepEqual(text?.split('\n'), [
      "Claim mongo-a1 has no volume yet from k8s.io/minikube-hostpath (StorageClass 'standard'). ExternalProvisioning: the message of ExternalProvisioning",
      "Minikube's pod storage-provisioner, which creates volumes: failing, CrashLoopBackOff, Error (exit code 1), 4 restarts. The end of its log:",
      'F main.go:39] error getting server version',
      anew,
    ]);
  });

  it("says that Minikube's provisioner is missing, or leads to another's", async () => {
    provisioner();
    const [missing] = await describeClaim(claim('standard'));
    assert.match(missing!, /There are no events\.\nMinikube's pod storage-provisioner.* is missing in kube-system\./);
    assert.ok(missing!.endsWith(anew));
    const [other] = await describeClaim(claim('fast'), event('mongo-a1', 'ProvisioningFailed'));
    assert.match(other!, /from ebs\.csi\.aws\.com .*ProvisioningFailed: .*\nSee the log of that provisioner/);
    assert.match(other!, /npm run kubectl -- describe pvc mongo-a1$/);
  });
});
