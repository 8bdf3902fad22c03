import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import type { types } from '@pulumi/kubernetes';
import type * as pulumi from '@pulumi/pulumi';
import { environment } from '../../service/contract';

/** What a service reaches over the network: a database, a cache, or another service. */
export interface BackingService {
  /** Its URI, with credentials if it needs any: `mongodb://…`, `redis://…` or `http://…`. */
  readonly uri: pulumi.Input<string>;
  /** What the NetworkPolicy of its clients must allow. */
  readonly egress: types.input.networking.v1.NetworkPolicyEgressRule;
  /** Files that its clients need in `filesFolder`, such as a CA: texts by name, which must be unique among all that a client connects to. */
  readonly files?: Readonly<Record<string, string>>;
  /** Allows access from pods with these labels, where access is restricted. Each client calls it. */
  connect?(pods: Labels, client?: pulumi.Resource): void;
}

/** Folder in pods with the `files` of their connections. */
export const filesFolder = '/etc/connections';

export type Labels = Readonly<Record<string, string>>;

/** What pods need to resolve names. */
export const dnsEgress: types.input.networking.v1.NetworkPolicyEgressRule = {
  ports: ['UDP', 'TCP'].map((protocol) => ({ port: 53, protocol })),
};

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
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf', // gRPC is the default of some SDKs; the service always sends this
      OTEL_SERVICE_NAME: name,
    },
  };
}

/**
 * An existing MongoDB.
 * @param tlsFiles paths of files on this machine, by the TLS option that names each; its clients get them. Options that are not in it
 *   name files of the clients' images.
 */
export function externalDatabase(
  uri: pulumi.Output<string>,
  tlsFiles: Readonly<Record<string, string>> = {},
): BackingService {
  const files = Object.entries(tlsFiles).map(([option, path]) => {
    const content = readFileSync(path, 'utf8');
    // The hash makes it unique among all databases of a client.
    return { option, name: `${option}-${createHash('sha256').update(content).digest('hex').slice(0, 12)}`, content };
  });
  const addPath = (it: string, { option, name }: { option: string; name: string }): string =>
    it.replace(new RegExp(`(?<=[?&]${option}=)[^&]*`, 'gi'), `${filesFolder}/${name}`);
  return {
    uri: uri.apply((it) => files.reduce(addPath, it)),
    egress: {}, // any address: a NetworkPolicy can't name hosts
    files: Object.fromEntries(files.map(({ name, content }) => [name, content])),
  };
}
