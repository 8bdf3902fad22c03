import type * as kubernetes from '@pulumi/kubernetes';
import type * as pulumi from '@pulumi/pulumi';

/** A MongoDB as its clients see it. */
export interface Database {
  /** Connection string, credentials and database name in it. Secret. */
  readonly uri: pulumi.Output<string>;
  /** Where a client must be let out to. */
  readonly egress: kubernetes.types.input.networking.v1.NetworkPolicyEgressRule;
}

/** A MongoDB that is there already, wherever its connection string says: nothing is made for it. */
export function externalDatabase(uri: pulumi.Output<string>): Database {
  return { uri, egress: {} }; // any address: a NetworkPolicy can't name hosts
}
