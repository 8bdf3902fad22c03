import type { V1PersistentVolumeClaimList, V1Pod, V1Secret } from '@kubernetes/client-node';
import getPort from 'get-port';
import { MongoClient } from 'mongodb';
import type { StackCluster } from '../cli/shared/kubernetes';
import { type Database, isReady } from './messages';

const port = 27017;
/** The parts of `serverStatus` that cost the most. They are not read here. */
const unread = { wiredTiger: 0, metrics: 0, tcmalloc: 0, locks: 0, repl: 0, transactions: 0 };
/** The operations of clients: those of the members are commands. */
const kinds = ['insert', 'query', 'getmore', 'update', 'delete'];

/**
 * Returns a function that says how the database among the pods is. It runs commands over one forwarded connection that is kept: a mongosh in
 * the pod would take a second of CPU each time. It signs in as the members' own user, as tools/backup does.
 * @param read reads what a path of the namespace holds
 */
export function databaseReader(cluster: StackCluster, read: <T>(path: string) => Promise<T>) {
  let client: MongoClient | undefined;
  let pod: V1Pod | undefined;
  let before: { readonly at: number; readonly count: number } | undefined;

  const connect = async (): Promise<MongoClient> => {
    const name = pod?.spec?.containers[0]?.envFrom?.find(({ secretRef }) => secretRef)?.secretRef?.name;
    const { data } = await read<V1Secret>(`secrets/${name}`);
    const password = Buffer.from(data?.REPLICA_SET_KEY ?? '', 'base64').toString();
    const local = await getPort({ host: '127.0.0.1' });
    await cluster.forwardFrom(local, () => cluster.forward(pod?.metadata?.name ?? '', port));
    const uri = `mongodb://127.0.0.1:${local}/?directConnection=true&authSource=local&maxPoolSize=1`;
    return new MongoClient(uri, { auth: { username: '__system', password }, serverSelectionTimeoutMS: 3000 });
  };

  return async (pods: readonly V1Pod[]): Promise<Database | string> => {
    pod = pods.find(
      (it) => isReady(it) && it.spec?.containers[0]?.ports?.some(({ containerPort }) => containerPort === port),
    );
    if (pod === undefined) return 'none in this namespace is ready';
    client ??= await connect();
    const admin = client.db('admin');
    const status = await admin.command({ serverStatus: 1, ...unread });
    const { members } = await admin.command({ replSetGetStatus: 1 });
    const { totalSize } = await admin.command({ listDatabases: 1 });
    const claims = await read<V1PersistentVolumeClaimList>('persistentvolumeclaims');
    const names = pod.spec?.volumes?.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName);
    const [last, now] = [
      before,
      { at: Date.now(), count: kinds.reduce((sum, kind) => sum + Number(status.opcounters[kind]), 0) },
    ];
    before = now;
    return {
      members: members.map(
        ({ name, stateStr }: Record<string, string>) => `${name?.split('.')[0]} ${stateStr?.toLowerCase()}`,
      ),
      connections: Number(status.connections.current),
      operations: last && Math.max(0, ((now.count - last.count) * 1000) / (now.at - last.at)),
      size: Number(totalSize),
      volume: claims.items.find(({ metadata }) => names?.includes(metadata?.name))?.spec?.resources?.requests?.storage,
    };
  };
}
