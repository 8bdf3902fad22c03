import type { types } from '@pulumi/kubernetes';
import * as core from '@pulumi/kubernetes/core';
import * as networking from '@pulumi/kubernetes/networking';
import * as pulumi from '@pulumi/pulumi';
import { Component, skipAwait } from '../cluster/resources';
import type { WebService } from './webService';

/** How a service is reached from outside the cluster. */
export type Exposure =
  | { readonly kind: 'nodePort'; readonly host: string; readonly nodePort: number }
  | { readonly kind: 'loadBalancer' }
  /** Not exposed: only other pods reach it, by its name. */
  | { readonly kind: 'cluster' }
  /** `tlsSecret` is the name of a Secret in the namespace; undefined is plain HTTP. */
  | {
      readonly kind: 'ingress';
      readonly host: string;
      readonly ingressClass: string;
      readonly tlsSecret: string | undefined;
    };

export interface WebEndpointArgs {
  readonly namespace: pulumi.Input<string>;
  /** The service whose pods it exposes. */
  readonly service: Pick<WebService, 'labels' | 'port' | 'healthPath'>;
  readonly exposure: Exposure;
}

/** Access to a service: a NodePort, a load balancer, an Ingress with or without TLS, or only from other pods. */
export class WebEndpoint extends Component {
  readonly url: pulumi.Output<string>;
  /** URL of the service's health check. */
  readonly health: pulumi.Output<string>;

  constructor(name: string, args: WebEndpointArgs, opts?: pulumi.ComponentResourceOptions) {
    super('workloads:WebEndpoint', name, opts);
    const { namespace, exposure } = args;
    const { labels, port: number, healthPath } = args.service;
    const child = {
      parent: this,
      customTimeouts: { create: '10m', update: '10m' }, // a cloud can take minutes to create a load balancer
      deleteBeforeReplace: true, // a Service in another namespace needs the node port of the old one
    };
    const metadata = { name, namespace, labels };
    const port = { name: 'http', port: number, targetPort: 'http' };
    // Pulumi would wait ten seconds for the endpoints of each Service. It waits for the Deployment anyway.
    const service = (spec: types.input.core.v1.ServiceSpec, annotations = {}): core.v1.Service =>
      new core.v1.Service(name, { metadata: { ...metadata, annotations }, spec: { selector: labels, ...spec } }, child);

    switch (exposure.kind) {
      case 'nodePort': {
        service({ type: 'NodePort', ports: [{ ...port, nodePort: exposure.nodePort }] }, skipAwait);
        this.url = pulumi.output(`http://${exposure.host}:${exposure.nodePort}`);
        break;
      }
      case 'loadBalancer': {
        const { status } = service({ type: 'LoadBalancer', ports: [port] });
        this.url = status.loadBalancer.ingress[0]!.apply(({ hostname, ip }) => `http://${hostname ?? ip}:${number}`);
        break;
      }
      case 'cluster': {
        const { metadata: target } = service({ ports: [port] }, skipAwait);
        this.url = pulumi.interpolate`http://${target.name}:${number}`;
        break;
      }
      case 'ingress': {
        const { host, ingressClass, tlsSecret } = exposure;
        const { metadata: target } = service({ ports: [port] }, skipAwait);
        const backend = { service: { name: target.name, port: { name: port.name } } };
        const spec = {
          ingressClassName: ingressClass,
          rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
          ...(tlsSecret !== undefined && { tls: [{ hosts: [host], secretName: tlsSecret }] }),
        };
        new networking.v1.Ingress(name, { metadata, spec }, child);
        this.url = pulumi.output(`${tlsSecret === undefined ? 'http' : 'https'}://${host}`);
        break;
      }
    }
    this.health = pulumi.interpolate`${this.url}${healthPath}`;
    this.registerOutputs();
  }
}
