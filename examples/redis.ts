import * as pulumi from '@pulumi/pulumi';
import { StatefulServer } from '../stack/workloads/statefulServer';

export interface RedisArgs {
  readonly namespace: pulumi.Input<string>;
  /** The official image, once the nodes have it. */
  readonly pulledImage: pulumi.Input<string>;
  /** MiB that the keys may take; beyond that the least used are dropped. Default 64. */
  readonly memory?: number;
}

/** Redis as a cache: it keeps nothing when its pod ends. */
export class Redis extends StatefulServer {
  readonly uri: pulumi.Output<string>;

  constructor(name: string, args: RedisArgs, opts?: pulumi.ComponentResourceOptions) {
    super('workloads:Redis', name, { namespace: args.namespace, port: 6379 }, opts);
    const { memory = 64 } = args;
    const password = this.password('default');
    const settings = pulumi.interpolate`requirepass ${password}
maxmemory ${memory}mb
maxmemory-policy allkeys-lru
save ""
`;
    this.run({
      uid: 999, // `redis` in the official image
      container: {
        image: args.pulledImage,
        args: ['redis-server', '/etc/redis/redis.conf'],
        resources: {
          requests: { cpu: '50m', memory: `${memory}Mi` },
          limits: { cpu: '200m', memory: `${2 * memory}Mi` }, // the allocator and the clients' buffers take their share
        },
        volumeMounts: [
          { name: 'settings', mountPath: '/etc/redis', readOnly: true },
          { name: 'data', mountPath: '/data' },
        ],
      },
      volumes: [
        { name: 'settings', secret: { secretName: this.secret({ 'redis.conf': settings }) } },
        { name: 'data', emptyDir: {} },
      ],
    });
    this.uri = pulumi.secret(pulumi.interpolate`redis://:${password}@${this.address}`);
    this.registerOutputs();
  }
}
