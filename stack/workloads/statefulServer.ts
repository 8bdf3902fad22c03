import type { types } from '@pulumi/kubernetes';
import * as apps from '@pulumi/kubernetes/apps';
import * as core from '@pulumi/kubernetes/core';
import * as networking from '@pulumi/kubernetes/networking';
import type * as pulumi from '@pulumi/pulumi';
import { RandomPassword } from '@pulumi/random';
import { Component, skipAwait } from '../cluster/resources';
import { copyLabel } from '../dataGuard';
import { type BackingService, dnsEgress, type Labels } from './backingService';
import { podTimeouts, restrictedContainer, restrictedPod, spreadByHost } from './restrictedNamespace';

export interface StatefulServerArgs {
  readonly namespace: pulumi.Input<string>;
  /** TCP port that its clients connect to. */
  readonly port: number;
  /** Whether its pods connect to each other, even before they are ready. Default false: its name resolves to ready pods only. */
  readonly connected?: boolean;
}

/** A pod of a server, with one container. Its name, ports, probes and security context are the same for all, unless given. */
export interface ServerPod extends Pick<types.input.core.v1.PodSpec, 'hostAliases' | 'volumes'> {
  /** Name of its StatefulSet, where there are several. Default: the server's. */
  readonly member?: string;
  /** User and group that it runs as: the image's own. */
  readonly uid: number;
  readonly container: Omit<types.input.core.v1.Container, 'name'>;
}

export interface ClaimArgs {
  /** Such as `1Gi`. */
  readonly storage: string;
  /** Default: the cluster's. */
  readonly storageClass?: string | undefined;
  /** Its member, if the first member's volume has the same data: updates may delete the claim. */
  readonly copy?: string;
  readonly hooks?: pulumi.ResourceHookBinding;
}

/** A server, such as a database, of one pod or a few, behind a headless Service of its name. Only the services that connect to it reach it. */
export abstract class StatefulServer extends Component implements BackingService {
  abstract readonly uri: pulumi.Output<string>;
  readonly egress: BackingService['egress'];
  /** Its DNS name and port. */
  protected readonly address: pulumi.Output<string>;
  protected readonly labels: Labels;
  protected readonly child: { readonly parent: pulumi.Resource } = { parent: this };
  /** The components that connect to it, when the program has created all its resources. */
  protected readonly clients: Promise<pulumi.Resource[]>;
  private readonly connections: { readonly pods: Labels; readonly client: pulumi.Resource | undefined }[] = [];
  private isComplete = false;
  private readonly service: core.v1.Service;

  constructor(
    type: `workloads:${string}`,
    protected readonly name: string,
    protected readonly args: StatefulServerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(type, name, opts);
    const { namespace, port, connected = false } = args;
    const metadata = { name, namespace };
    const selector = (this.labels = { 'app.kubernetes.io/name': name });
    const spec = { clusterIP: 'None', selector, ports: [{ name, port }] };
    this.service = new core.v1.Service(
      name,
      { metadata, spec: { ...spec, ...(connected && { publishNotReadyAddresses: true }) } },
      this.child,
    );
    this.address = this.service.metadata.name.apply((host) => `${host}:${port}`);

    const podSelector = { matchLabels: this.labels };
    this.egress = { to: [{ podSelector }], ports: [{ port }] };
    if (connected) this.connect(this.labels);
    const complete = new Promise(setImmediate).then(() => {
      this.isComplete = true;
    });
    this.clients = complete.then(() => this.connections.flatMap(({ client }) => client ?? []));
    const ingress = complete.then(() => {
      const from = this.connections.map(({ pods: matchLabels }) => ({ podSelector: { matchLabels } }));
      return from.length > 0 ? [{ from, ports: [{ port }] }] : []; // a rule with an empty `from` allows everyone
    });
    const egress = connected ? { egress: [this.egress, dnsEgress] } : {};
    const policy = { podSelector, policyTypes: ['Ingress', 'Egress'], ingress, ...egress };
    new networking.v1.NetworkPolicy(name, { metadata, spec: policy }, this.child);
  }

  connect(pods: Labels, client?: pulumi.Resource): void {
    if (this.isComplete)
      throw new Error(
        'A client of a backing service must be created in the same turn of the event loop: do not await in between.',
      );
    this.connections.push({ pods, client });
  }

  /** A random password for `user`. Later generations keep the first one, so that a rotation can be undone. Secret. */
  protected password(user: string, generation = 1): pulumi.Output<string> {
    const args = { length: 32, special: false };
    const first = new RandomPassword(`${this.name}-${user}`, args, this.child);
    if (generation === 1) return first.result;
    const keepers = { generation: String(generation) }; // mark it as a password that may be replaced (dataGuard.ts)
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

  /** A volume that outlives the pod. Returns the name of its claim. */
  protected claim({ storage, storageClass, copy, hooks = {} }: ClaimArgs): pulumi.Output<string> {
    // Pulumi's name has a random suffix: Minikube's volumes outlive their claims, and a new claim of the same name would get the
    // old data, with other passwords (minikube #4546).
    const metadata = {
      namespace: this.args.namespace,
      // The pod waits for it. If Pulumi waited, an update killed during that would not record it, and the next one would create another.
      annotations: skipAwait,
      ...(copy !== undefined && { labels: { [copyLabel]: 'true' } }),
    };
    const spec = {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage } },
      ...(storageClass !== undefined && { storageClassName: storageClass }),
    };
    const name = copy ?? this.name;
    return new core.v1.PersistentVolumeClaim(name, { metadata, spec }, { ...this.child, hooks }).metadata.name;
  }

  /** The StatefulSet. Without probes of its own, a pod is ready, and alive, while its port accepts connections. */
  protected run(pod: ServerPod, opts: pulumi.CustomResourceOptions = {}): apps.v1.StatefulSet {
    const { name } = this;
    const { member = name, uid, container, ...others } = pod;
    const labels = { ...this.labels, ...(member !== name && { 'app.kubernetes.io/instance': member }) };
    const { namespace, port } = this.args;
    const tcpSocket = { port: name };
    const restricted = {
      name,
      ports: [{ name, containerPort: port }],
      readinessProbe: { tcpSocket, periodSeconds: 5 },
      livenessProbe: { tcpSocket, periodSeconds: 10, failureThreshold: 6 },
      ...container,
      ...restrictedContainer,
    };
    const topologySpreadConstraints = [spreadByHost(this.labels)];
    const podSpec = { ...restrictedPod(uid), ...others, topologySpreadConstraints, containers: [restricted] };
    const spec = {
      serviceName: this.service.metadata.name,
      selector: { matchLabels: labels },
      podManagementPolicy: 'Parallel', // with OrderedReady, a pod that a bad update broke would never be replaced by the next one
      template: { metadata: { labels }, spec: podSpec },
    };
    const options = { ...this.child, customTimeouts: podTimeouts, ...opts };
    return new apps.v1.StatefulSet(member, { metadata: { name: member, namespace }, spec }, options);
  }
}
