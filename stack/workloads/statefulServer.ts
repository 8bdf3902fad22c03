import { apps, core, networking, type types } from '@pulumi/kubernetes';
import type * as pulumi from '@pulumi/pulumi';
import { RandomPassword } from '@pulumi/random';
import { Component, skipAwait } from '../cluster/resources';
import { copyLabel } from '../dataGuard';
import { type BackingService, Clients, dnsEgress, type Labels } from './backingService';
import { podTimeouts, restrictedContainer, restrictedPod, spreadByHost } from './restrictedNamespace';

export interface StatefulServerArgs {
  readonly namespace: pulumi.Input<string>;
  /** TCP port that its clients connect to. */
  readonly port: number;
  /** Whether its pods connect to each other, also to become ready. Default false: its name leads to pods that are ready. */
  readonly connected?: boolean;
}

/** The one container of a server. Its name, ports, probes and security context are the same for all, unless given. */
export interface ServerPod {
  /** Name of its StatefulSet, where there are several. Default: the server's. */
  readonly member?: string;
  /** User and group that it runs as: the image's own. */
  readonly uid: number;
  readonly graceSeconds?: number;
  readonly hostAliases?: types.input.core.v1.HostAlias[];
  readonly container: Omit<types.input.core.v1.Container, 'name'>;
  readonly volumes: types.input.core.v1.Volume[];
}

export interface ClaimArgs {
  /** Such as `1Gi`. */
  readonly storage: string;
  /** Default: the cluster's. */
  readonly storageClass?: string | undefined;
  /** The member that it is for, if all that it holds is on the first member's volume too: an update may delete it. */
  readonly copy?: string;
  readonly hooks?: pulumi.ResourceHookBinding;
}

/** A server, such as a database, of one pod or a few, behind a headless Service of its name. Only the services that connect to it reach it. */
export abstract class StatefulServer extends Component implements BackingService {
  abstract readonly uri: pulumi.Output<string>;
  readonly egress: BackingService['egress'];
  /** Its DNS name and port. */
  protected readonly address: pulumi.Output<string>;
  private readonly clients = new Clients();
  private readonly service: core.v1.Service;
  protected readonly labels: Labels;
  protected readonly child: { readonly parent: pulumi.Resource } = { parent: this };

  constructor(
    type: `workloads:${string}`,
    protected readonly name: string,
    protected readonly args: StatefulServerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(type, name, opts);
    const { namespace, port, connected = false } = args;
    const metadata = { name, namespace };
    this.labels = { 'app.kubernetes.io/name': name };
    const podSelector = { matchLabels: this.labels };
    this.service = new core.v1.Service(
      name,
      {
        metadata,
        spec: {
          clusterIP: 'None',
          selector: this.labels,
          ports: [{ name, port }],
          ...(connected && { publishNotReadyAddresses: true }),
        },
      },
      this.child,
    );
    this.egress = { to: [{ podSelector }], ports: [{ port }] };
    if (connected) this.connect(this.labels);
    const egress = connected ? { egress: [this.egress, dnsEgress] } : {};
    const ingress = this.clients.ingress(port);
    new networking.v1.NetworkPolicy(
      name,
      { metadata, spec: { podSelector, policyTypes: ['Ingress', 'Egress'], ingress, ...egress } },
      this.child,
    );
    this.address = this.service.metadata.name.apply((host) => `${host}:${port}`);
  }

  connect(pods: Labels, client?: pulumi.Resource): void {
    this.clients.add(pods, client);
  }

  /** The services that connect to it. */
  protected get clientResources(): Promise<pulumi.Resource[]> {
    return this.clients.resources();
  }

  /** A random password for `user`. The first one stays with later generations, for the way back. Secret. */
  protected password(user: string, generation = 1): pulumi.Output<string> {
    const args = { length: 32, special: false };
    const first = new RandomPassword(`${this.name}-${user}`, args, this.child);
    if (generation === 1) return first.result;
    const keepers = { generation: String(generation) }; // by these it is known as one that may be replaced (dataGuard.ts)
    return new RandomPassword(`${this.name}-${user}-${generation}`, { ...args, keepers }, this.child).result;
  }

  /** A Secret with these texts. Returns its name. */
  protected secret(stringData: Record<string, pulumi.Input<string>>): pulumi.Output<string> {
    const { namespace } = this.args;
    return new core.v1.Secret(this.name, { metadata: { namespace }, stringData }, this.child).metadata.name;
  }

  /** A ConfigMap with these texts. Returns its name. */
  protected configMap(data: Record<string, string>, name = this.name): pulumi.Output<string> {
    const { namespace } = this.args;
    return new core.v1.ConfigMap(name, { metadata: { namespace }, data }, this.child).metadata.name;
  }

  /** A volume by itself: it outlives the pod. Returns the name of its claim. */
  protected claim({ storage, storageClass, copy, hooks = {} }: ClaimArgs): pulumi.Output<string> {
    // Pulumi's name has a random suffix: Minikube's volumes outlive their claims, and a new claim of the same name would get the
    // old data, with other passwords (minikube #4546).
    const claim = new core.v1.PersistentVolumeClaim(
      copy ?? this.name,
      {
        metadata: {
          namespace: this.args.namespace,
          // The pod waits for it. If Pulumi did, an update killed meanwhile would leave it out of the state, and the next make another.
          annotations: skipAwait,
          ...(copy !== undefined && { labels: { [copyLabel]: 'true' } }),
        },
        spec: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage } },
          ...(storageClass !== undefined && { storageClassName: storageClass }),
        },
      },
      { ...this.child, hooks },
    );
    return claim.metadata.name;
  }

  /** The StatefulSet. Without probes of its own, a pod is ready, and alive, while its port accepts connections. */
  protected run(pod: ServerPod, opts: pulumi.CustomResourceOptions = {}): apps.v1.StatefulSet {
    const { name } = this;
    const { member = name } = pod;
    const labels = { ...this.labels, ...(member !== name && { 'app.kubernetes.io/instance': member }) };
    const { namespace, port } = this.args;
    const tcpSocket = { port: name };
    return new apps.v1.StatefulSet(
      member,
      {
        metadata: { name: member, namespace },
        spec: {
          serviceName: this.service.metadata.name,
          selector: { matchLabels: labels },
          // With OrderedReady, a pod that a bad update broke would never be replaced by the next one.
          podManagementPolicy: 'Parallel',
          template: {
            metadata: { labels },
            spec: {
              ...restrictedPod(pod.uid),
              terminationGracePeriodSeconds: pod.graceSeconds ?? 30,
              ...(pod.hostAliases && { hostAliases: pod.hostAliases }),
              topologySpreadConstraints: [spreadByHost(this.labels)],
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
