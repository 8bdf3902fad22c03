import { CoreV1Api, type V1Pod } from '@kubernetes/client-node';
import getPort from 'get-port';
import { type Db, MongoClient } from 'mongodb';
import type { StackCluster } from '../cli/shared/kubernetes';
import { isReady } from '../cli/shared/pods';
import type { Row } from './messages';
import { meter } from './tables';

const port = 27017;
/** The parts of `serverStatus` that cost the most. They are not read here. */
const unread = { wiredTiger: 0, metrics: 0, tcmalloc: 0, locks: 0, repl: 0, transactions: 0 };
/** The operations of clients: those of the members are commands. */
const kinds = ['insert', 'query', 'getmore', 'update', 'delete'];

/**
 * Returns a function that says how the database among the pods is. It runs commands over forwarded connections that are kept: a mongosh in
 * the pod would take a second of CPU each time. It signs in as the members' own user, as tools/backup does.
 */
export function databaseReader(cluster: StackCluster) {
  const { namespace } = cluster;
  const core = cluster.api(CoreV1Api);
  /** By pod. */
  const clients = new Map<string, Promise<MongoClient>>();
  let last: { readonly at: number; readonly uid: string | undefined; readonly count: number } | undefined;

  const connect = async ({ metadata, spec }: V1Pod): Promise<MongoClient> => {
    const secret = spec?.containers[0]?.envFrom?.find(({ secretRef }) => secretRef)?.secretRef?.name ?? '';
    const { data } = await core.readNamespacedSecret({ name: secret, namespace });
    const password = Buffer.from(data?.REPLICA_SET_KEY ?? '', 'base64').toString();
    const local = await getPort({ host: '127.0.0.1' });
    await cluster.forwardFrom(local, () => cluster.forward(metadata?.name ?? '', port));
    const uri = `mongodb://127.0.0.1:${local}/?directConnection=true&authSource=local&maxPoolSize=1`;
    return new MongoClient(uri, { auth: { username: '__system', password }, serverSelectionTimeoutMS: 3000 });
  };
  const adminOf = async (pod: V1Pod): Promise<Db> => {
    const name = pod.metadata?.name ?? '';
    const client = clients.get(name) ?? connect(pod);
    clients.set(name, client);
    client.catch(() => clients.delete(name));
    return (await client).db('admin');
  };

  return async (pods: readonly V1Pod[]): Promise<Row> => {
    const hasPort = ({ spec }: V1Pod) => spec?.containers[0]?.ports?.some((it) => it.containerPort === port);
    const ready = pods.filter((it) => isReady(it) && hasPort(it));
    const [any] = ready;
    if (any === undefined) return { state: 'none in this namespace is ready' };
    const { members } = await (await adminOf(any)).command({ replSetGetStatus: 1 });
    // Clients use the primary. Without one, another member tells its own figures.
    const primary = members.find(({ stateStr = '' }) => stateStr === 'PRIMARY')?.name;
    const pod = ready.find(({ metadata }) => metadata?.name === primary?.split('.')[0]) ?? any;
    const admin = await adminOf(pod);
    const { opcounters, connections } = await admin.command({ serverStatus: 1, ...unread });
    const states = members.map(({ name = '', stateStr = '' }) => `${name.split('.')[0]} ${stateStr.toLowerCase()}`);
    const { totalSize } = await admin.command({ listDatabases: 1 });
    const { items } = await core.listNamespacedPersistentVolumeClaim({ namespace });
    const claims = pod.spec?.volumes?.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName);
    const volume = items.find(({ metadata }) => claims?.includes(metadata?.name))?.spec?.resources?.requests?.storage;
    const count = kinds.reduce((sum, kind) => sum + Number(opcounters[kind]), 0);
    const now = { at: Date.now(), uid: pod.metadata?.uid, count };
    const before = last?.uid === now.uid ? last : undefined; // another member counts for itself
    const perSecond = before && Math.max(0, ((count - before.count) * 1000) / (now.at - before.at));
    last = now;
    return {
      members: states.join(', '),
      connections: String(connections.current),
      'operations/s': perSecond?.toFixed(1) ?? '–',
      'on disk': meter(String(totalSize), '', volume, 2 ** 20, ` MiB of ${volume}`),
    };
  };
}
