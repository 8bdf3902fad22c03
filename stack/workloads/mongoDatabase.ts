import * as pulumi from '@pulumi/pulumi';
import type { MongoConfiguration } from '../configuration/configuration';
import type { BackingService } from './backingService';
import { database, rootUser, serviceUser, setUpScript, startScript } from './mongoStart';
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

/** MongoDB, of one member, on a volume. */
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
    });
    const scripts = this.configMap({ 'start.sh': startScript(), 'set-up.js': setUpScript });
    const claim = this.claim(args.storage, args.storageClass);
    this.run(
      {
        uid: 999, // `mongodb` in the official image
        graceSeconds: 30, // a checkpoint takes seconds
        container: {
          image: args.pulledImage,
          command: ['bash', '/scripts/start.sh'],
          args: [`--wiredTigerCacheSizeGB=${cacheGigabytes(args.memory)}`],
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
            limits: { cpu: '500m', memory: `${args.memory}Mi` },
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
      pulumi.interpolate`mongodb://${serviceUser}:${servicePassword}@${this.address}/${database}`,
    );
    this.registerOutputs();
  }
}
