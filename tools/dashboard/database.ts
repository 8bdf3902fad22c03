import type { V1PersistentVolumeClaimList, V1Pod, V1Secret } from '@kubernetes/client-node';
import getPort from 'get-port';
import { type Document, MongoClient } from 'mongodb';
import type { StackCluster } from '../cli/shared/kubernetes';
import { type Database, isReady } from './messages';

const port = 27017;
/** The parts of `serverStatus` that cost the most, and are not read here. */
const unread = { wiredTiger: 0, metrics: 0, tcmalloc: 0, locks: 0, repl: 0, transactions: 0 };
/** Operations that clients ask for. The members' own are commands. */
const counted = ['insert', 'query', 'getmore', 'update', 'delete'] as const;

/**
 * Reads how the stack's MongoDB is, by commands over one forwarded connection that is kept: a mongosh in the pod would take a second of CPU
 * each time. It signs in as the members' own user, as tools/backup does: the key is in the Secret of the pods.
 */
export class DatabaseReader {
  #client: MongoClient | undefined;
  #pod: V1Pod | undefined;
  #before: { readonly at: number; readonly operations: number } | undefined;

  /** @param read reads a path of the Kubernetes API */
  constructor(
    private readonly cluster: StackCluster,
    private readonly read: <T>(path: string) => Promise<T>,
  ) {}

  /** The database among `pods`; undefined if none is ready. */
  async describe(pods: readonly V1Pod[]): Promise<Database | undefined> {
    const isDatabase = ({ spec }: V1Pod) =>
      spec?.containers[0]?.ports?.some(({ containerPort }) => containerPort === port);
    this.#pod = pods.find((pod) => isReady(pod) && isDatabase(pod));
    if (this.#pod === undefined) return undefined;
    const client = (this.#client ??= await this.#connect());
    const run = (command: Document): Promise<Document> => client.db('admin').command(command);
    const [status, set, databases, claims] = await Promise.all([
      run({ serverStatus: 1, ...unread }),
      run({ replSetGetStatus: 1 }),
      run({ listDatabases: 1 }),
      this.#get<V1PersistentVolumeClaimList>('persistentvolumeclaims'),
    ]);
    const used = this.#pod.spec?.volumes?.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName);
    const claim = claims.items.find(({ metadata }) => used?.includes(metadata?.name));
    const members = set.members as readonly { readonly name: string; readonly stateStr: string }[];
    return {
      members: members.map(({ name, stateStr }) => `${name.split('.')[0]} ${stateStr.toLowerCase()}`),
      connections: Number(status.connections.current),
      operations: this.#rate(counted.reduce((sum, kind) => sum + Number(status.opcounters[kind]), 0)),
      size: Number(databases.totalSize),
      volume: claim?.spec?.resources?.requests?.storage,
    };
  }

  close(): void {
    void this.#client?.close();
  }

  async #connect(): Promise<MongoClient> {
    const name = this.#pod?.spec?.containers[0]?.envFrom?.find(({ secretRef }) => secretRef)?.secretRef?.name;
    const { data } = await this.#get<V1Secret>(`secrets/${name}`);
    const password = Buffer.from(data?.REPLICA_SET_KEY ?? '', 'base64').toString();
    const local = await getPort({ host: '127.0.0.1' });
    await this.cluster.forwardFrom(local, () => this.cluster.forward(this.#pod?.metadata?.name ?? '', port));
    return new MongoClient(`mongodb://127.0.0.1:${local}/?directConnection=true`, {
      auth: { username: '__system', password },
      ...{ authSource: 'local', maxPoolSize: 1, serverMonitoringMode: 'poll', serverSelectionTimeoutMS: 3000 },
    });
  }

  #get<T>(path: string): Promise<T> {
    return this.read<T>(`/api/v1/namespaces/${this.cluster.namespace}/${path}`);
  }

  /** Per second since the last call. */
  #rate(operations: number): number | undefined {
    const [before, now] = [this.#before, { at: Date.now(), operations }];
    this.#before = now;
    return before && Math.max(0, ((operations - before.operations) * 1000) / (now.at - before.at));
  }
}
