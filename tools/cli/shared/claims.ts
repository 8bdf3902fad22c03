import {
  CoreV1Api,
  type CoreV1Event,
  StorageV1Api,
  type V1PersistentVolumeClaim,
  type V1StorageClass,
} from '@kubernetes/client-node';
import { configSet } from '../../../stack/configuration/reader';
import { npmRun } from './cli';
import type { StackCluster } from './kubernetes';
import { podReason, podRestarts, podState } from './pods';

/** The provisioner of Minikube's StorageClass, which is a pod in kube-system. */
const minikubeProvisioner = { name: 'k8s.io/minikube-hostpath', pod: 'storage-provisioner', namespace: 'kube-system' };

/** Why claims have no volume, and what to do: a text for each. */
export async function describePendingClaims(cluster: StackCluster, stack: string): Promise<string[]> {
  const [claims, classes, events] = await Promise.all([
    cluster.api(CoreV1Api).listNamespacedPersistentVolumeClaim({ namespace: cluster.namespace }),
    cluster.api(StorageV1Api).listStorageClass(),
    cluster.events(),
  ]);
  const pending = claims.items.filter(({ status }) => status?.phase === 'Pending');
  const hasData = claims.items.some(({ status }) => status?.phase === 'Bound');
  // An update refuses to replace a claim with another StorageClass.
  const up = npmRun('up', stack, ...(hasData ? [] : ['--lose-data']));
  const describe = (claim: V1PersistentVolumeClaim) => describeClaim(claim, classes.items, events, cluster, stack, up);
  const texts = await Promise.all(pending.map(describe));
  return texts.filter((text) => text !== undefined);
}

async function describeClaim(
  { metadata: { name = '' } = {}, spec }: V1PersistentVolumeClaim,
  classes: readonly V1StorageClass[],
  events: readonly CoreV1Event[],
  cluster: StackCluster,
  stack: string,
  up: string,
): Promise<string | undefined> {
  const wanted = spec?.storageClassName;
  const storageClass = classes.find(({ metadata }) => metadata?.name === wanted);
  if (!storageClass) {
    const problem = wanted
      ? `StorageClass '${wanted}' does not exist`
      : 'it names no StorageClass, and the cluster has no default';
    const others = classes.map(({ metadata }) => metadata?.name).join(', ');
    const remedy = others
      ? `Use one of these: ${others}, with ${configSet(stack, 'storageClass NAME')}, then ${up}`
      : 'Install a volume provisioner with a StorageClass in the cluster.';
    return `Claim ${name} has no volume: ${problem}. ${remedy}`;
  }
  const event = events.findLast(({ involvedObject }) => involvedObject.name === name);
  if (event?.reason?.startsWith('WaitFor')) return undefined; // for a node for its pod
  const { provisioner } = storageClass;
  const next =
    provisioner === minikubeProvisioner.name
      ? await describeProvisioner(cluster, stack)
      : `See the log of that provisioner, and ${npmRun('kubectl', stack, 'describe', 'pvc', name)}`;
  const last = event ? `${event.reason}: ${event.message}` : 'There are no events.';
  return `Claim ${name} has no volume yet from ${provisioner} (StorageClass '${wanted}'). ${last}\n${next}`;
}

/** The state of the pod that creates Minikube's volumes, the end of its log, and how to restart it. */
async function describeProvisioner(cluster: StackCluster, stack: string): Promise<string> {
  const { pod: name, namespace } = minikubeProvisioner;
  const core = cluster.api(CoreV1Api);
  const { items } = await core.listNamespacedPod({ namespace, fieldSelector: `metadata.name=${name}` });
  const profile = cluster.config.getCurrentContext();
  const [disable, enable] = ['disable', 'enable'].map((verb) => `minikube addons ${verb} ${name} -p ${profile}`);
  const remedy = `Restart it: ${disable} && ${enable} && ${npmRun('up', stack)}`;
  const [pod] = items;
  if (!pod) return `Minikube's pod ${name}, which creates volumes, is missing in ${namespace}. ${remedy}`;
  const state = [podState(pod), podReason(pod), `${podRestarts(pod)} restarts`].filter(Boolean).join(', ');
  const log = await core.readNamespacedPodLog({ name, namespace, tailLines: 3 }).catch(() => '');
  return `Minikube's pod ${name}, which creates volumes: ${state}. The end of its log:\n${log.trim() || '(empty)'}\n${remedy}`;
}
