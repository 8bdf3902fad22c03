import { batch, core, networking, policy } from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import type { MongoConfiguration } from '../configuration/configuration';
import { type BackingService, dnsEgress } from './backingService';
import { configureCommand, configureScript } from './mongoConfigure';
import { database, replicaSet, rootUser, serviceUser, startScript } from './mongoStart';
import { upgradeGuard } from './mongoUpgrade';
import { restrictedContainer, restrictedPod } from './restrictedNamespace';
import { type ServerPod, StatefulServer } from './statefulServer';

/** A MongoDB that exists already, wherever its connection string points. */
export function externalDatabase(uri: pulumi.Output<string>): BackingService {
  return { uri, egress: {} }; // any address: a NetworkPolicy can't name hosts
}

export interface MongoDatabaseArgs extends Omit<MongoConfiguration, 'kind' | 'members' | 'storageClass'> {
  /** Default 1. */
  readonly members?: number;
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

/**
 * Milliseconds that a primary has to hand over to another member, and to send its clients there, when its pod ends. MongoDB's own 15 s
 * are for clients that keep a request open for that long.
 */
const handoverMillis = '5000';

/** Of the official image: user and group `mongodb`. */
const uid = 999;

/** MongoDB, a replica set, with a volume for each member. */
export class MongoDatabase extends StatefulServer {
  /** Connection string of the least-privileged user, with the name of its database. Secret. */
  readonly uri: pulumi.Output<string>;

  constructor(name: string, args: MongoDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    const { namespace, members = 1 } = args;
    super('workloads:MongoDatabase', name, { namespace, port: 27017, several: members > 1 }, opts);

    // A StatefulSet for each, so that an update goes on to the next one when Pulumi has seen that it runs. The first has the name that
    // it has when it is alone: it is the same.
    const names = Array.from({ length: members }, (_, index) => (index === 0 ? name : `${name}-${index}`));
    const hosts = names.map((member) => `${member}-0.${name}`); // of the pods, in the headless Service
    const key = this.secret({ REPLICA_SET_KEY: this.password('key') });
    const scripts = this.configMap({ 'start.sh': startScript() });
    const settings = members > 1 ? [this.handover()] : [];
    const guard = upgradeGuard(name, args.image);
    const run = (member: string, index: number, dependsOn: pulumi.Resource[]): pulumi.Resource => {
      const isFirst = index === 0;
      const claim = this.claim(args.storage, args.storageClass, isFirst ? undefined : member);
      const options = {
        dependsOn,
        hooks: { beforeUpdate: [guard] },
        ignoreChanges: ['spec.podManagementPolicy'], // older stacks have OrderedReady: a change would make a new StatefulSet
      };
      return this.run({ member, ...this.pod(args, `${hosts[index]}`, isFirst, { key, scripts, claim }) }, options);
    };
    // The first one last: it is the primary, and hands over to one that is up to date already.
    let last: pulumi.Resource[] = settings;
    for (const [index, member] of [...names.entries()].reverse()) last = [run(member, index, last)];
    if (members > 1) {
      const spec = { maxUnavailable: 1, selector: { matchLabels: this.labels } };
      new policy.v1.PodDisruptionBudget(name, { metadata: { name, namespace }, spec }, this.child);
    }

    const servicePassword = this.password(serviceUser);
    const address = hosts.map((host) => `${host}:27017`).join();
    const users = { ROOT_PASSWORD: this.password(rootUser), SERVICE_PASSWORD: servicePassword };
    const env = { MEMBERS: address, HANDOVER_MILLIS: members > 1 ? handoverMillis : '0', SERVICE_USER: serviceUser };
    // One member alone is waited for by the Job itself: the first start is the sooner complete.
    this.configure(args, [key, this.secret(users, `${name}-users`)], env, members > 1 ? last : []);
    this.uri = pulumi.secret(
      pulumi.interpolate`mongodb://${serviceUser}:${servicePassword}@${address}/${database}?replicaSet=${replicaSet}`,
    );
    this.registerOutputs();
  }

  /** What a member is told at its start when there are others. The pod of the first is the same without them: it need not restart. */
  private handover(): core.v1.ConfigMap {
    const metadata = { name: `${this.name}-members`, namespace: this.args.namespace };
    return new core.v1.ConfigMap(metadata.name, { metadata, data: { handoverMillis } }, this.child);
  }

  private pod(
    { pulledImage, memory, storage }: MongoDatabaseArgs,
    host: string,
    isFirst: boolean,
    volumes: Readonly<Record<'key' | 'scripts' | 'claim', pulumi.Output<string>>>,
  ): ServerPod {
    const handover = { name: `${this.name}-members`, key: 'handoverMillis', optional: true };
    return {
      uid,
      graceSeconds: 30, // a checkpoint takes seconds
      hostAliases: [{ ip: '127.0.0.1', hostnames: [host] }], // it knows itself by its name before the Service has it
      container: {
        image: pulledImage,
        command: ['bash', '/scripts/start.sh'],
        args: [`--wiredTigerCacheSizeGB=${cacheGigabytes(memory)}`, `--oplogSize=${oplogSize(storage)}`],
        envFrom: [{ secretRef: { name: volumes.key } }],
        env: [
          { name: 'HANDOVER_MILLIS', valueFrom: { configMapKeyRef: handover } },
          // MongoDB 8 refuses to start on Linux 6.19 and newer with its allocator's per-CPU caches, which need glibc to leave
          // restartable sequences alone, as the image has it. With glibc's own it starts everywhere (docker-library/mongo #765).
          { name: 'GLIBC_TUNABLES', value: 'glibc.pthread.rseq=1' },
        ],
        // The port opens when the files are recovered, which takes as long as it takes: a mongod that can't start exits by itself.
        // A probe by mongosh costs a tenth of a CPU.
        startupProbe: { tcpSocket: { port: this.name }, periodSeconds: 1, failureThreshold: 86_400 },
        resources: {
          // Three fit on two CPUs, beside the service while it is updated.
          requests: { cpu: isFirst ? '200m' : '100m', memory: '250Mi' },
          limits: { cpu: '2', memory: `${memory}Mi` },
        },
        volumeMounts: [
          { name: 'data', mountPath: '/data/db' },
          { name: 'scratch', mountPath: '/data/configdb', subPath: 'configdb' },
          { name: 'scratch', mountPath: '/tmp', subPath: 'tmp' },
          { name: 'scripts', mountPath: '/scripts', readOnly: true },
        ],
      },
      volumes: [
        { name: 'data', persistentVolumeClaim: { claimName: volumes.claim } },
        { name: 'scratch', emptyDir: {} },
        { name: 'scripts', configMap: { name: volumes.scripts } },
      ],
    };
  }

  /**
   * Runs `configureScript`, with `env` and the texts of `secrets`, until it succeeds or says why it can't. With other inputs it is
   * another Job, which is done before Pulumi deletes what is not needed any more.
   */
  private configure(
    { pulledImage }: MongoDatabaseArgs,
    secrets: readonly pulumi.Output<string>[],
    env: Readonly<Record<string, pulumi.Input<string>>>,
    dependsOn: pulumi.Resource[],
  ): batch.v1.Job {
    const name = `${this.name}-configure`;
    const { namespace } = this.args;
    const labels = { 'app.kubernetes.io/name': name };
    this.connect(labels);
    const policyTypes = ['Ingress', 'Egress'];
    const spec = { podSelector: { matchLabels: labels }, policyTypes, egress: [this.egress, dnsEgress] };
    new networking.v1.NetworkPolicy(name, { metadata: { name, namespace }, spec }, this.child);
    const container = {
      name: 'configure',
      image: pulledImage,
      command: ['bash', '-c', configureCommand, 'configure', '/scripts/configure.js'],
      envFrom: secrets.map((secret) => ({ secretRef: { name: secret } })),
      env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
      resources: { requests: { cpu: '50m', memory: '100Mi' }, limits: { cpu: '2', memory: '300Mi' } },
      volumeMounts: [
        { name: 'tmp', mountPath: '/tmp' },
        { name: 'scripts', mountPath: '/scripts', readOnly: true },
      ],
      ...restrictedContainer,
    };
    const volumes = [
      { name: 'tmp', emptyDir: {} },
      { name: 'scripts', configMap: { name: this.configMap({ 'configure.js': configureScript }, name) } },
    ];
    const pod = { ...restrictedPod(uid), restartPolicy: 'Never', containers: [container], volumes };
    return new batch.v1.Job(
      name,
      { metadata: { namespace }, spec: { backoffLimit: 1, template: { metadata: { labels }, spec: pod } } },
      { ...this.child, dependsOn, customTimeouts: { create: '30m' } }, // a new member copies all data
    );
  }
}
