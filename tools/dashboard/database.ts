import { CoreV1Api, type V1Pod } from '@kubernetes/client-node';
import getPort from 'get-port';
import { MongoClient } from 'mongodb';
import type { StackCluster } from '../cli/shared/kubernetes';
import type { DatabaseRow } from './messages';
import { toNumber } from './podRow';

const port = 27017;
/** Milliseconds after which sizes, which cost the database more than all else, are read again. */
const sizeMs = 30_000;

/** Parts of `serverStatus` that are not read here: most of what it costs. */
const unread = Object.fromEntries(
  ['wiredTiger', 'metrics', 'tcmalloc', 'locks', 'repl', 'flowControl', 'transactions', 'transportSecurity'].map(
    (part) => [part, 0],
  ),
);

/**
 * Reads how the stack's MongoDB is, by commands over one forwarded connection that is kept: a mongosh inside the pod would take a second of
 * CPU each time. It signs in as the administrator, whose password is in the pods' Secret.
 */
export class DatabaseReader {
  #client: Promise<MongoClient> | undefined;
  #pods: readonly V1Pod[] = [];
  #sizes: { readonly at: number; readonly sizes: Pick<DatabaseRow, 'size' | 'volume'> } = { at: 0, sizes: {} };
  #before: { readonly at: number; readonly counts: Readonly<Record<string, number>> } | undefined;

  constructor(private readonly cluster: StackCluster) {}

  /** @param pods those of the database that are ready. Undefined if there are none. */
  async read(pods: readonly V1Pod[]): Promise<DatabaseRow | undefined> {
    this.#pods = pods;
    if (pods.length === 0) return undefined;
    this.#client ??= this.#connect();
    this.#client.catch(() => {
      this.#client = undefined;
    });
    const client = await this.#client;
    const admin = client.db('admin');
    const [status, set] = await Promise.all([
      admin.command({ serverStatus: 1, ...unread }),
      admin.command({ replSetGetStatus: 1 }).catch(() => ({ members: [] })), // a server without a replica set
    ]);
    if (Date.now() > this.#sizes.at + sizeMs) this.#sizes = { at: Date.now(), sizes: await this.#readSizes(client) };
    const members = (set.members as { name: string; stateStr: string }[]).map(({ name, stateStr }) => [
      name.split('.')[0],
      stateStr,
    ]);
    return {
      members: Object.fromEntries(members),
      connections: Number(status.connections.current),
      operations: this.#rates(status.opcounters as Record<string, number>),
      ...this.#sizes.sizes,
    };
  }

  async close(): Promise<void> {
    await (await this.#client)?.close();
  }

  async #connect(): Promise<MongoClient> {
    const [pod] = this.#pods;
    const name = pod?.spec?.containers[0]?.envFrom?.find(({ secretRef }) => secretRef)?.secretRef?.name ?? '';
    const secret = await this.cluster.api(CoreV1Api).readNamespacedSecret({ name, namespace: this.cluster.namespace });
    const value = (key: string): string =>
      Buffer.from(secret.data?.[`MONGO_INITDB_ROOT_${key}`] ?? '', 'base64').toString();
    const local = await getPort({ host: '127.0.0.1' });
    await this.cluster.forwardFrom(local, () => this.cluster.forward(this.#pods[0]?.metadata?.name ?? '', port));
    return new MongoClient(`mongodb://127.0.0.1:${local}/?directConnection=true`, {
      auth: { username: value('USERNAME'), password: value('PASSWORD') },
      maxPoolSize: 1,
      serverMonitoringMode: 'poll',
      serverSelectionTimeoutMS: 3000,
      connectTimeoutMS: 3000,
    });
  }

  async #readSizes(client: MongoClient): Promise<Pick<DatabaseRow, 'size' | 'volume'>> {
    const { namespace } = this.cluster;
    const [databases, claims] = await Promise.all([
      client.db('admin').command({ listDatabases: 1 }),
      this.cluster.api(CoreV1Api).listNamespacedPersistentVolumeClaim({ namespace }),
    ]);
    const names = this.#pods[0]?.spec?.volumes?.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName);
    const claim = claims.items.find(({ metadata }) => names?.includes(metadata?.name));
    const volume = claim?.spec?.resources?.requests?.storage;
    return { size: Number(databases.totalSize), ...(volume && { volume: toNumber(volume) }) };
  }

  #rates(counters: Readonly<Record<string, number>>): Record<string, number> {
    const [before, now] = [this.#before, Date.now()];
    const counts = Object.fromEntries(
      ['insert', 'query', 'getmore', 'update', 'delete'].map((kind) => [kind, Number(counters[kind])]),
    );
    this.#before = { at: now, counts };
    if (before === undefined) return {};
    const seconds = (now - before.at) / 1000;
    return Object.fromEntries(
      Object.entries(counts).map(([kind, count]) => [
        kind,
        Math.max(0, (count - (before.counts[kind] ?? 0)) / seconds),
      ]),
    );
  }
}
