import { isIPv4 } from 'node:net';
import type { types } from '@pulumi/kubernetes';
import type * as pulumi from '@pulumi/pulumi';
import { environment } from '../../service/contract';

/** What a service reaches over the network: a database, a cache, or another service. */
export interface BackingService {
  /** Where it is, with credentials if it needs any: `mongodb://…`, `redis://…` or `http://…`. */
  readonly uri: pulumi.Input<string>;
  /** What the NetworkPolicy of its clients must allow. */
  readonly egress: types.input.networking.v1.NetworkPolicyEgressRule;
  /** Files that its clients need in `filesFolder`, such as a CA: texts by name, which must be unique among all that a client connects to. */
  readonly files?: Readonly<Record<string, string>>;
  /** Called by each client, with the labels of its pods: lets them in, where not everybody may come in. */
  connect?(pods: Labels, client?: pulumi.Resource): void;
}

/** Folder in pods with the `files` of what they connect to. */
export const filesFolder = '/etc/connections';

export type Labels = Readonly<Record<string, string>>;

/** What pods need to resolve names. */
export const dnsEgress: types.input.networking.v1.NetworkPolicyEgressRule = {
  ports: ['UDP', 'TCP'].map((protocol) => ({ port: 53, protocol })),
};

/**
 * The clients of a backing service. They are made after it, and its NetworkPolicy names them: its rules are known when the program has made
 * all its resources.
 */
export class Clients {
  private readonly pods: Labels[] = [];
  private readonly components: pulumi.Resource[] = [];
  private closed = false;

  add(pods: Labels, component?: pulumi.Resource): void {
    if (this.closed)
      throw new Error(
        'A client of a backing service must be made in the same turn of the event loop as that: do not await.',
      );
    this.pods.push(pods);
    if (component) this.components.push(component);
  }

  /** All of them, to wait for. */
  async resources(): Promise<pulumi.Resource[]> {
    await new Promise(setImmediate);
    return this.components;
  }

  /** The only ingress that they need: `port`. None where there are no clients, as a rule for nobody would let everybody in. */
  async ingress(port: number): Promise<types.input.networking.v1.NetworkPolicyIngressRule[]> {
    await new Promise(setImmediate);
    this.closed = true;
    if (this.pods.length === 0) return [];
    return [{ from: this.pods.map((matchLabels) => ({ podSelector: { matchLabels } })), ports: [{ port }] }];
  }
}

/** The NetworkPolicy rule and the variables with which pods of service `name` send OpenTelemetry data to `endpoint`, a URL; none without one. */
export function collector(name: string, endpoint: string | undefined) {
  if (endpoint === undefined) return { egress: [], env: {} };
  const { hostname, port, protocol } = new URL(endpoint);
  const ports = [{ port: Number(port) || (protocol === 'https:' ? 443 : 80) }];
  // A NetworkPolicy can't name hosts: for a name it is that port of any address.
  const to = isIPv4(hostname) ? [{ ipBlock: { cidr: `${hostname}/32` } }] : undefined;
  const egress: types.input.networking.v1.NetworkPolicyEgressRule[] = [{ ...(to && { to }), ports }];
  return {
    egress,
    env: {
      [environment.otlpEndpoint]: endpoint,
      [environment.otlpProtocol]: 'http/protobuf', // some SDKs take gRPC unless they are told
      [environment.serviceName]: name,
    },
  };
}
