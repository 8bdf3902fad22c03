import { apps, core, networking } from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { RandomPassword } from '@pulumi/random';
import { Component } from '../component';
import type { MongoConfiguration } from '../configuration/configuration';
import { type BackingService, Clients, type Labels } from './backingService';
import { database, rootUser, serviceUser, setUpScript, startScript } from './mongoStart';
import { upgradeGuard } from './mongoUpgrade';
import { podTimeouts, restrictedContainer, restrictedPod } from './restrictedNamespace';

/** A MongoDB that exists already, wherever its connection string points. */
export function externalDatabase(uri: pulumi.Output<string>): BackingService {
  return { uri, egress: {} }; // any address: a NetworkPolicy can't name hosts
}

export interface MongoDatabaseArgs extends Omit<MongoConfiguration, 'kind'> {
  /** `image` once the nodes have it. */
  readonly pulledImage: pulumi.Input<string>;
  readonly namespace: pulumi.Input<string>;
}

const port = 27017;
/** `mongodb` in the official image. */
const uid = 999;

/** WiredTiger's own rule, half of the memory above 1 GiB and at least 256 MiB, for a container's limit in MiB. */
export function cacheGigabytes(memory: number): number {
  return Math.max(0.25, (memory - 1024) / 2 / 1024);
}

/** MongoDB as a StatefulSet of one, on a volume that is tracked by itself. Only the services that connect to it can reach it. */
export class MongoDatabase extends Component implements BackingService {
  /** Connection string of the least-privileged user, with the name of its database. Secret. */
  readonly uri: pulumi.Output<string>;
  readonly egress: BackingService['egress'];
  private readonly clients = new Clients();

  constructor(name: string, args: MongoDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super('workloads:MongoDatabase', name, opts);
    const { namespace } = args;
    const child = { parent: this };
    const metadata = { name, namespace };
    const labels = { 'app.kubernetes.io/name': name };

    const password = (user: string): pulumi.Output<string> =>
      new RandomPassword(`${name}-${user}`, { length: 32, special: false }, child).result;
    const servicePassword = password(serviceUser);
    const stringData = {
      MONGO_INITDB_ROOT_USERNAME: rootUser,
      MONGO_INITDB_ROOT_PASSWORD: password(rootUser),
      SERVICE_PASSWORD: servicePassword,
    };
    const secret = new core.v1.Secret(name, { metadata: { namespace }, stringData }, child);
    const data = { 'start.sh': startScript(), 'set-up.js': setUpScript };
    const scripts = new core.v1.ConfigMap(name, { metadata: { namespace }, data }, child);
    // Without a name of ours it gets a suffix: Minikube's volumes outlive a claim, and a new one of its name would meet the
    // old data, whose passwords are others (minikube #4546).
    const claim = new core.v1.PersistentVolumeClaim(
      name,
      {
        metadata: { namespace },
        spec: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: args.storage } },
          ...(args.storageClass !== undefined && { storageClassName: args.storageClass }),
        },
      },
      { ...child, customTimeouts: { create: '2m' } },
    );

    const ports = [{ name: 'mongo', port }];
    const service = new core.v1.Service(
      name,
      { metadata, spec: { clusterIP: 'None', selector: labels, ports } },
      child,
    );
    const podSelector = { matchLabels: labels };
    const ingress = this.clients.ingress(port);
    new networking.v1.NetworkPolicy(
      name,
      { metadata, spec: { podSelector, policyTypes: ['Ingress', 'Egress'], ingress } },
      child,
    );

    new apps.v1.StatefulSet(
      name,
      {
        metadata,
        spec: {
          serviceName: service.metadata.name,
          selector: podSelector,
          // A pod that a bad update broke is replaced by the next update. With OrderedReady it would be waited for, for ever.
          podManagementPolicy: 'Parallel',
          template: {
            metadata: { labels },
            spec: {
              ...restrictedPod(uid),
              terminationGracePeriodSeconds: 30, // a checkpoint takes seconds; Kubernetes' default, said because it matters
              containers: [
                {
                  name,
                  image: args.pulledImage,
                  command: ['bash', '/scripts/start.sh'],
                  args: [`--wiredTigerCacheSizeGB=${cacheGigabytes(args.memory)}`],
                  envFrom: [{ secretRef: { name: secret.metadata.name } }],
                  env: [
                    { name: 'MONGO_INITDB_DATABASE', value: database },
                    // MongoDB 8 refuses to start on Linux 6.19 and newer with its allocator's per-CPU caches, which need glibc to leave
                    // restartable sequences alone, as the image has it. With glibc's own it starts everywhere (docker-library/mongo #765).
                    { name: 'GLIBC_TUNABLES', value: 'glibc.pthread.rseq=1' },
                  ],
                  ports: [{ name: 'mongo', containerPort: port }],
                  // The port opens to others when the users are there, and the files are recovered, which takes as long as it takes: a
                  // mongod that can't start exits by itself. A probe by mongosh costs a tenth of a CPU.
                  startupProbe: { tcpSocket: { port: 'mongo' }, periodSeconds: 1, failureThreshold: 86_400 },
                  readinessProbe: { tcpSocket: { port: 'mongo' }, periodSeconds: 5 },
                  livenessProbe: { tcpSocket: { port: 'mongo' }, periodSeconds: 10, failureThreshold: 6 },
                  resources: {
                    requests: { cpu: '200m', memory: '250Mi' },
                    limits: { cpu: '500m', memory: `${args.memory}Mi` },
                  },
                  ...restrictedContainer,
                  volumeMounts: [
                    { name: 'data', mountPath: '/data/db' },
                    { name: 'scratch', mountPath: '/data/configdb', subPath: 'configdb' },
                    { name: 'scratch', mountPath: '/tmp', subPath: 'tmp' },
                    { name: 'scripts', mountPath: '/scripts', readOnly: true },
                  ],
                },
              ],
              volumes: [
                { name: 'data', persistentVolumeClaim: { claimName: claim.metadata.name } },
                { name: 'scratch', emptyDir: {} },
                { name: 'scripts', configMap: { name: scripts.metadata.name } },
              ],
            },
          },
        },
      },
      {
        ...child,
        customTimeouts: podTimeouts,
        hooks: { beforeUpdate: [upgradeGuard(name, args.image)] },
        ignoreChanges: ['spec.podManagementPolicy'], // older stacks have OrderedReady: a change would make a new StatefulSet
      },
    );

    this.egress = { to: [{ podSelector }], ports: [{ port }] };
    this.uri = pulumi.secret(
      pulumi.interpolate`mongodb://${serviceUser}:${servicePassword}@${service.metadata.name}:${port}/${database}`,
    );
    this.registerOutputs();
  }

  connect(pods: Labels): void {
    this.clients.add(pods);
  }
}
