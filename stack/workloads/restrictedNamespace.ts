import * as kubernetes from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';

/** A namespace that refuses any pod outside the restricted Pod Security Standard, and any traffic that no policy allows. */
export class RestrictedNamespace extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;

  constructor(name: string, args: { readonly name: string }, opts?: pulumi.ComponentResourceOptions) {
    super('webstack:workloads:RestrictedNamespace', name, {}, opts);

    const namespace = new kubernetes.core.v1.Namespace(
      name,
      {
        metadata: { name: args.name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
      },
      { parent: this },
    );

    new kubernetes.networking.v1.NetworkPolicy(
      `${name}-default-deny`,
      {
        metadata: { name: 'default-deny', namespace: namespace.metadata.name },
        spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
      },
      { parent: this },
    );

    this.name = namespace.metadata.name;
    this.registerOutputs();
  }
}
