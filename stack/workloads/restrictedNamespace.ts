import type { types } from '@pulumi/kubernetes';
import * as core from '@pulumi/kubernetes/core';
import * as networking from '@pulumi/kubernetes/networking';
import type * as pulumi from '@pulumi/pulumi';
import { Component } from '../cluster/resources';
import type { Labels } from './backingService';

/** A namespace that refuses any pod outside the restricted Pod Security Standard, and any traffic that no policy allows. */
export class RestrictedNamespace extends Component {
  readonly name: pulumi.Output<string>;

  constructor(name: string, args: { readonly name: string }, opts?: pulumi.ComponentResourceOptions) {
    super('workloads:RestrictedNamespace', name, opts);

    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    const namespace = new core.v1.Namespace(name, { metadata: { name: args.name, labels } }, { parent: this });
    this.name = namespace.metadata.name;
    const metadata = { name: 'default-deny', namespace: this.name };
    const spec = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] };
    new networking.v1.NetworkPolicy(`${name}-default-deny`, { metadata, spec }, { parent: this });
    this.registerOutputs();
  }
}

/** Settings of every pod in such a namespace. It runs as user and group `uid`, or the image's, and has no API token. */
export function restrictedPod(uid: number | undefined): Omit<types.input.core.v1.PodSpec, 'containers' | 'volumes'> {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      ...(uid !== undefined && { runAsUser: uid, runAsGroup: uid, fsGroup: uid }),
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
}

/** Spreads the pods with these labels over the nodes, if there are several. */
export function spreadByHost(matchLabels: Labels): types.input.core.v1.TopologySpreadConstraint {
  return {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels },
  };
}

/** Settings of each of its containers. A failure has the last lines of the log, which Pulumi shows. */
export const restrictedContainer = {
  securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
  terminationMessagePolicy: 'FallbackToLogsOnError',
} satisfies Partial<types.input.core.v1.Container>;

/**
 * How long Pulumi waits for pods to be ready. The default of ten minutes is too long for a crash loop. An update takes half a minute
 * more on a busy machine, and must fail within two minutes.
 */
export const podTimeouts = { create: '100s', update: '75s' };
