import * as pulumi from '@pulumi/pulumi';
import type { MongoDatabaseArgs } from './mongoDatabase';
import { oplogSize } from './mongoGuards';
import type { ServerPod } from './statefulServer';

/** Uid and gid of `mongodb` in the official image. */
export const mongoUser = 999;

/** Cache size for a memory limit in MiB, by WiredTiger's own rule: half of the memory above 1 GiB, at least 256 MiB. */
export function cacheGigabytes(memory: number): number {
  return Math.max(0.25, (memory - 1024) / 2 / 1024);
}

/** mongod's pid file. The configure Job reads this option, and knows by the claim in it which volume the member has. */
export function pidFile(claim: string): string {
  return `/tmp/${claim}.pid`;
}

interface MemberArgs extends Pick<MongoDatabaseArgs, 'pulledImage' | 'memory' | 'storage'> {
  /** Name of the server and of its port. */
  readonly name: string;
  /** The member's DNS name, without a port. */
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
    hostAliases: [{ ip: '127.0.0.1', hostnames: [host] }], // it can resolve its own name before the Service has its address
    container: {
      image: pulledImage,
      command: ['bash', '/scripts/start.sh'],
      args: [
        `--wiredTigerCacheSizeGB=${cacheGigabytes(memory)}`,
        // For the first start; the configure Job raises it. The same for all volumes from 1 GiB: growth restarts no member.
        `--oplogSize=${Math.min(204, oplogSize(storage))}`,
        pulumi.interpolate`--pidfilepath=${claim.apply(pidFile)}`,
      ],
      envFrom: [{ secretRef: { name: key } }],
      env: [
        {
          name: 'HANDOVER_MILLIS',
          valueFrom: { configMapKeyRef: { name: settingsOf(name), key: 'handoverMillis', optional: true } },
        },
        // The image turns off glibc's restartable sequences, for the per-CPU caches of MongoDB's allocator. With these caches, MongoDB 8
        // refuses to start on Linux 6.19 and later (docker-library/mongo #765). With glibc's default it starts everywhere.
        { name: 'GLIBC_TUNABLES', value: 'glibc.pthread.rseq=1' },
      ],
      // The port opens after the recovery, which may take long. A mongod that can't start exits.
      // (Probes with mongosh would take a tenth of a CPU.)
      startupProbe: { tcpSocket, periodSeconds: 1, failureThreshold: 86_400 },
      // An update continues with the next member after heartbeats (every 2 s) have shown the others that this one is up to date.
      ...(!isFirst && { readinessProbe: { tcpSocket, periodSeconds: 1, successThreshold: 5 } }),
      resources: {
        // Three members fit on two CPUs, together with the service during its update.
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
