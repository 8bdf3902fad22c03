import * as pulumi from '@pulumi/pulumi';
import type { MongoDatabaseArgs } from './mongoDatabase';
import { oplogSize } from './mongoGuards';
import type { ServerPod } from './statefulServer';

/** Of the official image: user and group `mongodb`. */
export const mongoUser = 999;

/** WiredTiger's own rule, half of the memory above 1 GiB and at least 256 MiB, for a container's limit in MiB. */
export function cacheGigabytes(memory: number): number {
  return Math.max(0.25, (memory - 1024) / 2 / 1024);
}

/** Where mongod writes its process id. It is one of the options that the configure Job reads, to know which volume the member has. */
export function pidFile(claim: string): string {
  return `/tmp/${claim}.pid`;
}

interface MemberArgs extends Pick<MongoDatabaseArgs, 'pulledImage' | 'memory' | 'storage'> {
  /** Of the server and its port. */
  readonly name: string;
  /** Its name in the Service, without a port. */
  readonly host: string;
  readonly isFirst: boolean;
  /** Names of the Secret with the key, of the ConfigMap with the script, and of the volume's claim. */
  readonly key: pulumi.Input<string>;
  readonly scripts: pulumi.Input<string>;
  readonly claim: pulumi.Output<string>;
}

/** Name of the ConfigMap that exists only where there are several members. */
export const settingsOf = (name: string): string => `${name}-members`;

/** The pod of a member of MongoDB's replica set. */
export function memberPod(args: MemberArgs): ServerPod {
  const { name, host, isFirst, pulledImage, memory, storage, key, scripts, claim } = args;
  const tcpSocket = { port: name };
  return {
    uid: mongoUser,
    hostAliases: [{ ip: '127.0.0.1', hostnames: [host] }], // it finds itself by its name before the Service has its address
    container: {
      image: pulledImage,
      command: ['bash', '/scripts/start.sh'],
      args: [
        `--wiredTigerCacheSizeGB=${cacheGigabytes(memory)}`,
        // Of its first start, and the same for all volumes of 1 GiB or more: none restarts to grow. The configure Job raises it.
        `--oplogSize=${Math.min(204, oplogSize(storage))}`,
        pulumi.interpolate`--pidfilepath=${claim.apply(pidFile)}`,
      ],
      envFrom: [{ secretRef: { name: key } }],
      env: [
        {
          name: 'HANDOVER_MILLIS',
          valueFrom: { configMapKeyRef: { name: settingsOf(name), key: 'handoverMillis', optional: true } },
        },
        // MongoDB 8 refuses to start on Linux 6.19 and newer with its allocator's per-CPU caches, which need glibc to leave
        // restartable sequences alone, as the image has it. With glibc's own it starts everywhere (docker-library/mongo #765).
        { name: 'GLIBC_TUNABLES', value: 'glibc.pthread.rseq=1' },
      ],
      // The port opens when the files are recovered, however long that takes. A mongod that can't start exits by itself.
      // A probe by mongosh costs a tenth of a CPU.
      startupProbe: { tcpSocket, periodSeconds: 1, failureThreshold: 86_400 },
      // An update goes on to the next member when this one has told the others, in their heartbeats of 2 s, that it is up to date.
      ...(!isFirst && { readinessProbe: { tcpSocket, periodSeconds: 1, successThreshold: 5 } }),
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
      { name: 'data', persistentVolumeClaim: { claimName: claim } },
      { name: 'scratch', emptyDir: {} },
      { name: 'scripts', configMap: { name: scripts } },
    ],
  };
}
