import { apps, core, networking, type types } from '@pulumi/kubernetes';
import type * as pulumi from '@pulumi/pulumi';
import { RandomPassword } from '@pulumi/random';
import { Component } from '../component';
import { type BackingService, Clients, type Labels } from './backingService';
import { podTimeouts, restrictedContainer, restrictedPod } from './restrictedNamespace';

export interface StatefulServerArgs {
  readonly namespace: pulumi.Input<string>;
  /** TCP port that its clients connect to. */
  readonly port: number;
}

/** The one container of a server. Its name, ports, probes and security context are the same for all, unless given. */
export interface ServerPod {
  /** User and group that it runs as: the image's own. */
  readonly uid: number;
  readonly graceSeconds?: number;
  readonly hostAliases?: types.input.core.v1.HostAlias[];
  readonly container: Omit<types.input.core.v1.Container, 'name'>;
  readonly volumes: types.input.core.v1.Volume[];
}

/** A server of one pod, such as a database, behind a headless Service of its name. Only the services that connect to it reach it. */
export abstract class StatefulServer extends Component implements BackingService {
  abstract readonly uri: pulumi.Output<string>;
  readonly egress: BackingService['egress'];
  /** Its DNS name and port. */
  protected readonly address: pulumi.Output<string>;
  private readonly clients = new Clients();
  private readonly service: core.v1.Service;
  private readonly labels: Labels;
  private readonly child = { parent: this };

  constructor(
    type: `workloads:${string}`,
    protected readonly name: string,
    private readonly args: StatefulServerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(type, name, opts);
    const { namespace, port } = args;
    const metadata = { name, namespace };
    this.labels = { 'app.kubernetes.io/name': name };
    const podSelector = { matchLabels: this.labels };
    this.service = new core.v1.Service(
      name,
      { metadata, spec: { clusterIP: 'None', selector: this.labels, ports: [{ name, port }] } },
      this.child,
    );
    const ingress = this.clients.ingress(port);
    new networking.v1.NetworkPolicy(
      name,
      { metadata, spec: { podSelector, policyTypes: ['Ingress', 'Egress'], ingress } },
      this.child,
    );
    this.egress = { to: [{ podSelector }], ports: [{ port }] };
    this.address = this.service.metadata.name.apply((host) => `${host}:${port}`);
  }

  connect(pods: Labels): void {
    this.clients.add(pods);
  }

  /** A random password for `user`, that stays. Secret. */
  protected password(user: string): pulumi.Output<string> {
    return new RandomPassword(`${this.name}-${user}`, { length: 32, special: false }, this.child).result;
  }

  /** A Secret with these texts. Returns its name. */
  protected secret(stringData: Record<string, pulumi.Input<string>>): pulumi.Output<string> {
    const { namespace } = this.args;
    return new core.v1.Secret(this.name, { metadata: { namespace }, stringData }, this.child).metadata.name;
  }

  /** A ConfigMap with these texts. Returns its name. */
  protected configMap(data: Record<string, string>): pulumi.Output<string> {
    const { namespace } = this.args;
    return new core.v1.ConfigMap(this.name, { metadata: { namespace }, data }, this.child).metadata.name;
  }

  /** A volume of `storage`, such as `1Gi`, by itself: it outlives the pod. Returns the name of its claim. */
  protected claim(storage: string, storageClassName?: string): pulumi.Output<string> {
    // Without a name of ours it gets a suffix: Minikube's volumes outlive a claim, and a new one of its name would meet the
    // old data, whose passwords are others (minikube #4546).
    const claim = new core.v1.PersistentVolumeClaim(
      this.name,
      {
        metadata: { namespace: this.args.namespace },
        spec: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage } },
          ...(storageClassName !== undefined && { storageClassName }),
        },
      },
      { ...this.child, customTimeouts: { create: '2m' } },
    );
    return claim.metadata.name;
  }

  /** The StatefulSet. Without `probes` the pod is ready, and alive, while its port takes connections. */
  protected run(pod: ServerPod, opts: pulumi.CustomResourceOptions = {}): void {
    const { name, labels } = this;
    const { namespace, port } = this.args;
    const tcpSocket = { port: name };
    new apps.v1.StatefulSet(
      name,
      {
        metadata: { name, namespace },
        spec: {
          serviceName: this.service.metadata.name,
          selector: { matchLabels: labels },
          // A pod that a bad update broke is replaced by the next update. With OrderedReady it would be waited for, for ever.
          podManagementPolicy: 'Parallel',
          template: {
            metadata: { labels },
            spec: {
              ...restrictedPod(pod.uid),
              terminationGracePeriodSeconds: pod.graceSeconds ?? 30,
              ...(pod.hostAliases && { hostAliases: pod.hostAliases }),
              containers: [
                {
                  name,
                  ports: [{ name, containerPort: port }],
                  readinessProbe: { tcpSocket, periodSeconds: 5 },
                  livenessProbe: { tcpSocket, periodSeconds: 10, failureThreshold: 6 },
                  ...pod.container,
                  ...restrictedContainer,
                },
              ],
              volumes: pod.volumes,
            },
          },
        },
      },
      { ...this.child, customTimeouts: podTimeouts, ...opts },
    );
  }
}
