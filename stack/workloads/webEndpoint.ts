import * as kubernetes from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { httpPort } from '../../service/contract';
import { Component } from '../component';
import type { Exposure } from '../configuration/configuration';
import { podTimeouts } from './restrictedNamespace';

export interface WebEndpointArgs {
  readonly namespace: pulumi.Input<string>;
  /** Labels of the pods behind it. */
  readonly pods: Record<string, string>;
  readonly exposure: Exposure;
}

/** A cloud can take minutes to make a load balancer. */
const timeouts = { create: '10m', update: '10m' };

/** Where the service is reached from outside: a NodePort, a load balancer, or an Ingress with or without TLS. */
export class WebEndpoint extends Component {
  readonly url: pulumi.Output<string>;

  constructor(name: string, { namespace, pods, exposure }: WebEndpointArgs, opts?: pulumi.ComponentResourceOptions) {
    super('workloads:WebEndpoint', name, opts);
    // In another namespace it is another Service, and can't have the node port before the old one has let go of it.
    const child = {
      parent: this,
      customTimeouts: exposure.kind === 'nodePort' ? podTimeouts : timeouts,
      deleteBeforeReplace: true,
    };
    const metadata = { name, namespace, labels: pods };
    const port = { name: 'http', port: httpPort, targetPort: 'http' };
    const service = (spec: kubernetes.types.input.core.v1.ServiceSpec): kubernetes.core.v1.Service =>
      new kubernetes.core.v1.Service(name, { metadata, spec: { selector: pods, ...spec } }, child);

    switch (exposure.kind) {
      case 'nodePort': {
        service({ type: 'NodePort', ports: [{ ...port, nodePort: exposure.nodePort }] });
        this.url = pulumi.output(`http://${exposure.host}:${exposure.nodePort}`);
        break;
      }
      case 'loadBalancer': {
        const { status } = service({ type: 'LoadBalancer', ports: [port] });
        this.url = status.loadBalancer.ingress[0]!.apply(({ hostname, ip }) => `http://${hostname ?? ip}:${httpPort}`);
        break;
      }
      case 'ingress': {
        const { host, ingressClass, tlsSecret } = exposure;
        const backend = { service: { name: service({ ports: [port] }).metadata.name, port: { name: port.name } } };
        new kubernetes.networking.v1.Ingress(
          name,
          {
            metadata,
            spec: {
              ingressClassName: ingressClass,
              rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
              ...(tlsSecret !== undefined && { tls: [{ hosts: [host], secretName: tlsSecret }] }),
            },
          },
          child,
        );
        this.url = pulumi.output(`${tlsSecret === undefined ? 'http' : 'https'}://${host}`);
        break;
      }
    }
    this.registerOutputs();
  }
}
