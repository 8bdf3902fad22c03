import * as pulumi from '@pulumi/pulumi';
import type { MongoConfiguration } from '../configuration/configuration';
import type { BackingService } from './backingService';
import { database, replicaSet, rootUser, serviceUser, setUpScript, startScript } from './mongoStart';
import { upgradeGuard } from './mongoUpgrade';
import { StatefulServer } from './statefulServer';

/** A MongoDB that exists already, wherever its connection string points. */
export function externalDatabase(uri: pulumi.Output<string>): BackingService {
  return { uri, egress: {} }; // any address: a NetworkPolicy can't name hosts
}

export interface MongoDatabaseArgs extends Omit<MongoConfiguration, 'kind' | 'storageClass'> {
  /** `image` once the nodes have it. */
  readonly pulledImage: pulumi.Input<string>;
  readonly namespace: pulumi.Input<string>;
  /** Default: the cluster's. */
  readonly storageClass?: string | undefined;
}

/** WiredTiger's own rule, half of the memory above 1 GiB and at least 256 MiB, for a container's limit in MiB. */
export function cacheGigabytes(memory: number): number {
  return Math.max(0.25, (memory - 1024) / 2 / 1024);
}

/**
 * Size of the oplog in MiB for a volume of `storage`, such as `1Gi`: a fifth. MongoDB itself would take at least 990 MiB. A backup under
 * load, and who reads changes, may be as far behind as it reaches.
 */
export function oplogSize(storage: string): number {
  const [, amount, unit] = /^(\d+)(Mi|Gi|Ti)$/.exec(storage) ?? [];
  const mebibytes = Number(amount) * ({ Mi: 1, Gi: 2 ** 10, Ti: 2 ** 20 }[unit ?? ''] ?? NaN);
  return Math.min(51_200, Math.max(50, Math.floor(mebibytes / 5))); // MongoDB's own most is 50 GiB
}

/** MongoDB, a replica set of one member, on a volume. */
export class MongoDatabase extends StatefulServer {
  /** Connection string of the least-privileged user, with the name of its database. Secret. */
  readonly uri: pulumi.Output<string>;

  constructor(name: string, args: MongoDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super('workloads:MongoDatabase', name, { namespace: args.namespace, port: 27017 }, opts);

    const servicePassword = this.password(serviceUser);
    const secret = this.secret({
      MONGO_INITDB_ROOT_USERNAME: rootUser,
      MONGO_INITDB_ROOT_PASSWORD: this.password(rootUser),
      SERVICE_PASSWORD: servicePassword,
      REPLICA_SET_KEY: this.password('key'),
    });
    // Clients find the member by this name: its pod's, in the headless Service.
    const host = `${name}-0.${name}`;
    const scripts = this.configMap({ 'start.sh': startScript(), 'set-up.js': setUpScript(`${host}:27017`) });
    const claim = this.claim(args.storage, args.storageClass);
    this.run(
      {
        uid: 999, // `mongodb` in the official image
        graceSeconds: 30, // a checkpoint takes seconds
        // While it is set up it listens on loopback alone, and must find itself by its name.
        hostAliases: [{ ip: '127.0.0.1', hostnames: [host] }],
        container: {
          image: args.pulledImage,
          command: ['bash', '/scripts/start.sh'],
          args: [`--wiredTigerCacheSizeGB=${cacheGigabytes(args.memory)}`, `--oplogSize=${oplogSize(args.storage)}`],
          envFrom: [{ secretRef: { name: secret } }],
          env: [
            { name: 'MONGO_INITDB_DATABASE', value: database },
            // MongoDB 8 refuses to start on Linux 6.19 and newer with its allocator's per-CPU caches, which need glibc to leave
            // restartable sequences alone, as the image has it. With glibc's own it starts everywhere (docker-library/mongo #765).
            { name: 'GLIBC_TUNABLES', value: 'glibc.pthread.rseq=1' },
          ],
          // The port opens to others when the users are there, and the files are recovered, which takes as long as it takes: a
          // mongod that can't start exits by itself. A probe by mongosh costs a tenth of a CPU.
          startupProbe: { tcpSocket: { port: name }, periodSeconds: 1, failureThreshold: 86_400 },
          resources: {
            requests: { cpu: '200m', memory: '250Mi' },
            limits: { cpu: '2', memory: `${args.memory}Mi` },
          },
          volumeMounts: [
            { name: 'data', mountPath: '/data/db' },
            { name: 'scratch', mountPath: '/data/configdb', subPath: 'configdb' },
            { name: 'scratch', mountPath: '/tmp', subPath: 'tmp' },
            { name: 'scripts', mountPath: '/scripts', readOnly: true },
          ],
        },
        volumes: [
          { name: 'data', persistentVolumeClaim: { claimName: claim } },
          { name: 'scratch', emptyDir: {} },
          { name: 'scripts', configMap: { name: scripts } },
        ],
      },
      {
        hooks: { beforeUpdate: [upgradeGuard(name, args.image)] },
        ignoreChanges: ['spec.podManagementPolicy'], // older stacks have OrderedReady: a change would make a new StatefulSet
      },
    );
    this.uri = pulumi.secret(
      pulumi.interpolate`mongodb://${serviceUser}:${servicePassword}@${host}:27017/${database}?replicaSet=${replicaSet}`,
    );
    this.registerOutputs();
  }
}
