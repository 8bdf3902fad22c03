import { CoreV1Api, type V1Pod } from '@kubernetes/client-node';
import getPort from 'get-port';
import { MongoClient } from 'mongodb';
import type { StackCluster } from '../cli/shared/kubernetes';
import { isReady } from '../cli/shared/pods';
import type { Row } from './messages';
import { meter } from './tables';

const port = 27017;
/** The most expensive parts of `serverStatus`. */
const unread = { wiredTiger: 0, metrics: 0, tcmalloc: 0, locks: 0, repl: 0, transactions: 0 };
/** The operations of clients: those of the members are commands. */
const kinds = ['insert', 'query', 'getmore', 'update', 'delete'];

/**
 * Returns a function that reads the state of the database among the pods. It keeps one forwarded connection, to the member that it read
 * last: a mongosh in the pod would take a second of CPU each time. It signs in as the members' own user, as tools/backup does.
 */
export function databaseReader(cluster: StackCluster) {
  const { namespace } = cluster;
  const core = cluster.api(CoreV1Api);
  let connection: Awaited<ReturnType<typeof connect>> | undefined;

  const connect = async ({ metadata, spec }: V1Pod) => {
    const secret = spec?.containers[0]?.envFrom?.find(({ secretRef }) => secretRef)?.secretRef?.name ?? '';
    const { data } = await core.readNamespacedSecret({ name: secret, namespace });
    const password = Buffer.from(data?.REPLICA_SET_KEY ?? '', 'base64').toString();
    const local = await getPort({ host: '127.0.0.1' });
    const server = await cluster.forwardFrom(local, () => cluster.forward(metadata?.name ?? '', port));
    const uri = `mongodb://127.0.0.1:${local}/?directConnection=true&authSource=local&maxPoolSize=1&serverMonitoringMode=poll`;
    const client = new MongoClient(uri, { auth: { username: '__system', password }, serverSelectionTimeoutMS: 3000 });
    return {
      uid: metadata?.uid,
      admin: client.db('admin'),
      last: undefined as { readonly at: number; readonly count: number } | undefined,
      close: () => client.close().finally(() => server.close()),
    };
  };
  const disconnect = async (): Promise<void> => {
    await connection?.close();
    connection = undefined;
  };
  const connectTo = async (pod: V1Pod) => {
    if (connection?.uid !== pod.metadata?.uid) await disconnect();
    return (connection ??= await connect(pod));
  };

  return async (pods: readonly V1Pod[]): Promise<Row> => {
    const hasPort = ({ spec }: V1Pod) => spec?.containers[0]?.ports?.some((it) => it.containerPort === port);
    const ready = pods.filter((it) => isReady(it) && hasPort(it));
    const any = ready.find(({ metadata }) => metadata?.uid === connection?.uid) ?? ready[0];
    if (any === undefined) {
      await disconnect();
      return { state: 'none in this namespace is ready' };
    }
    const { members } = await (await connectTo(any)).admin.command({ replSetGetStatus: 1 });
    // Clients use the primary. Without one, another member has figures of its own.
    const primary = members.find(({ stateStr = '' }) => stateStr === 'PRIMARY')?.name;
    const pod = ready.find(({ metadata }) => metadata?.name === primary?.split('.')[0]) ?? any;
    const member = await connectTo(pod);
    const { opcounters, connections } = await member.admin.command({ serverStatus: 1, ...unread });
    const states = members.map(({ name = '', stateStr = '' }) => `${name.split('.')[0]} ${stateStr.toLowerCase()}`);
    const { totalSize } = await member.admin.command({ listDatabases: 1 });
    const { items } = await core.listNamespacedPersistentVolumeClaim({ namespace });
    const claims = pod.spec?.volumes?.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName);
    const volume = items.find(({ metadata }) => claims?.includes(metadata?.name))?.spec?.resources?.requests?.storage;
    const [at, count] = [Date.now(), kinds.reduce((sum, kind) => sum + Number(opcounters[kind]), 0)];
    const { last } = member;
    member.last = { at, count };
    return {
      members: states.join(', '),
      connections: String(connections.current),
      'operations/s': last ? Math.max(0, ((count - last.count) * 1000) / (at - last.at)).toFixed(1) : '–',
      'on disk': meter(String(totalSize), '', volume, 2 ** 20, ` MiB of ${volume}`),
    };
  };
}
