import { isIPv4 } from 'node:net';
import type { types } from '@pulumi/kubernetes';
import { environment } from '../../service/contract';

/** What lets the pods of service `name` send OpenTelemetry data to `endpoint`, an http or https URL. Nothing without one. */
export function telemetry(name: string, endpoint: string | undefined) {
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
