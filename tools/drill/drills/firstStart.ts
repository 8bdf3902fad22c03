import { setTimeout as sleep } from 'node:timers/promises';
import { AppsV1Api, CoreV1Api, type V1ContainerStatus, type V1PodSpec } from '@kubernetes/client-node';
import { until } from '../../../stack/cluster/until';
import { configureCommand, configureScript, database, serviceUser } from '../../../stack/workloads/mongoScripts';
import { type Drill, holds } from '../drill';

/** Seconds after the start of the container. */
const moments = [0.5, 1.5, 3, 5, 8];

const recoveryMs = 90_000;
/** The configure script's environment, except what is in the pod itself. */
export const environmentOf = (pidFile: string) => ({
  MEMBERS: 'mongo-0.mongo:27017', // resolves to the pod itself
  HANDOVER_MILLIS: '0',
  OPLOG_SIZE: '204', // as at the first start
  CREATED: '2000-01-01T00:00:00Z', // no other Job configures these pods
  PID_FILE: pidFile,
  ROOT_PASSWORD: 'drill',
  SERVICE_USER: serviceUser,
  SERVICE_PASSWORD: 'drill',
});
const insert = `HOME=/tmp mongosh --quiet mongodb://${serviceUser}:drill@127.0.0.1/${database} --eval "db.a.insertOne({})"`;

/** MongoDB is killed during its first start and configuration, in pods like the stack's but with empty data folders. */
export const firstStart: Drill = {
  name: 'first-start',
  title: "MongoDB's first start is killed",
  async run({ cluster, kubectl, mark, onClose, signal, verdicts }) {
    const { namespace } = cluster;
    const core = cluster.api(CoreV1Api);
    const { spec } = await cluster.api(AppsV1Api).readNamespacedStatefulSet({ namespace, name: 'mongo' });
    const pod = withoutData(spec?.template.spec);
    const [, pidFile = ''] = /--pidfilepath=(\S+)/.exec(pod.containers[0]?.args?.join(' ') ?? '') ?? [];
    const variables = Object.entries(environmentOf(pidFile)).map((pair) => pair.join('='));
    const configure = ['env', ...variables, 'bash', '-c', configureCommand, 'configure', '--eval', configureScript];

    const nameOf = (seconds: number): string => `mongo-drill-${seconds}`;
    onClose(() =>
      kubectl('delete', 'pod', ...moments.map(nameOf), '--ignore-not-found', '--grace-period=0', '--force'),
    );
    for (const seconds of moments) {
      const name = nameOf(seconds);
      const container = async (): Promise<V1ContainerStatus | undefined> =>
        (await core.readNamespacedPod({ namespace, name })).status?.containerStatuses?.[0];
      const isBack = async (): Promise<boolean> => {
        const status = await container();
        return status !== undefined && status.restartCount > 0 && status.ready;
      };
      await core.createNamespacedPod({ namespace, body: { metadata: { name }, spec: pod } });
      await until(`${name} runs`, async () => (await container())?.state?.running, 60_000);
      const setUp = () => cluster.exec(name, 'mongo', configure);
      setUp().catch(() => undefined); // it fails when MongoDB is killed
      await sleep(seconds * 1000);
      const killed = await signal(name, 'mongo', 'KILL');
      mark(`kill -9 after ${seconds} s`, killed);
      const result = await until(`${name} is ready again`, isBack, recoveryMs)
        .then(setUp) // as the Job's next pod does
        .then(() => cluster.exec(name, 'mongo', ['bash', '-c', insert]))
        .then(() => 'yes', String);
      mark(`ready with its users after ${((Date.now() - killed) / 1000).toFixed(1)} s: ${result}`);
      const text = `has its users after a kill at ${seconds} s`;
      verdicts.push(holds(text, result === 'yes', result));
      await core.deleteNamespacedPod({ namespace, name, gracePeriodSeconds: 0 });
    }
  },
};

/** `spec` with an empty folder instead of the database's volume. */
function withoutData(spec: V1PodSpec | undefined): V1PodSpec {
  if (spec === undefined) throw new Error('The StatefulSet mongo has no pod template.');
  const volumes = spec.volumes?.map((volume) => (volume.name === 'data' ? { name: 'data', emptyDir: {} } : volume));
  return { ...spec, ...(volumes && { volumes }) };
}
