import type { types } from '@pulumi/kubernetes';
import * as apps from '@pulumi/kubernetes/apps';
import * as autoscaling from '@pulumi/kubernetes/autoscaling';
import * as core from '@pulumi/kubernetes/core';
import * as networking from '@pulumi/kubernetes/networking';
import * as policy from '@pulumi/kubernetes/policy';
import * as pulumi from '@pulumi/pulumi';
import { serviceUser } from '../../service/contract';
import { Component } from '../cluster/resources';
import { type BackingService, collector, dnsEgress, filesFolder, type Labels } from './backingService';
import { devMode } from './devMode';
import type { DevService } from './launcher';
import { podTimeouts, restrictedContainer, restrictedPod, spreadByHost } from './restrictedNamespace';
import type { ServiceImage } from './serviceImage';

/** Bounds and pace of an autoscaler. */
export interface Scaling {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Percent of the CPU request. */
  readonly targetCpu: number;
  /** Seconds of lower load before pods are removed. */
  readonly scaleDownSeconds: number;
}

export interface ScaledDeploymentArgs {
  readonly namespace: pulumi.Input<string>;
  readonly image: ServiceImage;
  readonly scaling: Scaling;
  /** Databases and services that its pods reach, each by the environment variable that gets its URI. They reach nothing else. */
  readonly connections?: Readonly<Record<string, BackingService>>;
  /** URL of an OpenTelemetry collector (OTLP over HTTP), which its pods may reach, and get in the standard variables. Default: none. */
  readonly otlpEndpoint?: string | undefined;
  /** More environment variables, kept in a Secret. */
  readonly secretEnv?: pulumi.Input<Record<string, string>> | undefined;
  /** More environment variables. */
  readonly env?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Replaces the image's CMD. */
  readonly command?: readonly string[];
  /** User that it runs as. Default: 1000 for a bundle, else the image's own, which must be a number and not 0. */
  readonly uid?: number;
  /** Default: 0.2 to 0.5 CPUs, 250 to 500 MiB. The autoscaler's target is a percentage of the CPU request. */
  readonly resources?: types.input.core.v1.ResourceRequirements;
  /** Writable folders, empty in each new pod; everything else is read-only. Default: `/tmp`, and none for a bundle. */
  readonly writable?: readonly string[];
}

/** What a component that exposes ports adds to its pods. */
export interface PodParts {
  readonly ingress: types.input.networking.v1.NetworkPolicyIngressRule[];
  readonly graceSeconds: number;
  readonly env: Readonly<Record<string, string>>;
  readonly container: Omit<Partial<types.input.core.v1.Container>, 'env' | 'volumeMounts'>;
  /** Puts the pods in dev mode. */
  readonly dev?: DevService;
}

const defaultResources = { requests: { cpu: '200m', memory: '250Mi' }, limits: { cpu: '500m', memory: '500Mi' } };

/** Pods of a `ServiceImage`: a Deployment with an autoscaler, and a NetworkPolicy for its connections. */
export abstract class ScaledDeployment extends Component {
  readonly labels: Labels;

  constructor(
    type: `workloads:${string}`,
    name: string,
    args: ScaledDeploymentArgs,
    parts: PodParts,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(type, name, opts);
    const { namespace, image, scaling, connections = {}, command, resources = defaultResources } = args;
    const { uid = image.bundled ? serviceUser : undefined, writable = image.bundled ? [] : ['/tmp'] } = args;
    const traces = collector(name, args.otlpEndpoint);
    const child = { parent: this };
    const labels = (this.labels = { 'app.kubernetes.io/name': name });
    const metadata = { name, namespace, labels };
    const selector = { matchLabels: labels };
    const services = Object.values(connections);
    for (const service of services) service.connect?.(labels, this);

    const makeSecret = (suffix: string, spec: Omit<types.input.core.v1.Secret, 'metadata'>): pulumi.Output<string> =>
      new core.v1.Secret(`${name}${suffix}`, { metadata: { namespace }, ...spec }, child).metadata.name;
    const uris = Object.fromEntries(Object.entries(connections).map(([variable, { uri }]) => [variable, uri]));
    const secretEnv = makeSecret('', {
      stringData: pulumi.output(args.secretEnv ?? {}).apply((own) => ({ ...own, ...uris })),
    });
    const { pullSecret: login } = image;
    const pullSecret =
      login &&
      makeSecret('-pull', { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': login } });

    const egress = [...services.map((service) => service.egress), ...traces.egress, dnsEgress];
    const rules = { podSelector: selector, policyTypes: ['Ingress', 'Egress'], ingress: parts.ingress, egress };
    new networking.v1.NetworkPolicy(name, { metadata, spec: rules }, child);
    new policy.v1.PodDisruptionBudget(name, { metadata, spec: { maxUnavailable: 1, selector } }, child);

    const dev = parts.dev && devMode(name, namespace, parts.dev, resources, child);
    const files = Object.fromEntries(services.flatMap((service) => Object.entries(service.files ?? {})));
    const folders: Record<string, types.input.core.v1.Volume> = {
      ...Object.fromEntries(writable.map((path, index) => [path, { name: `writable-${index}`, emptyDir: {} }])),
      ...dev?.folders,
    };
    if (Object.keys(files).length > 0)
      folders[filesFolder] = { name: 'files', secret: { secretName: makeSecret('-files', { stringData: files }) } };
    const volumes = Object.values(folders);
    const env = { ...parts.env, ...traces.env, ...args.env, ...dev?.env };
    const container = {
      name,
      image: uid === undefined ? image.rootless() : image.reference,
      ...(command && { command: [...command] }),
      envFrom: [{ secretRef: { name: secretEnv } }],
      env: Object.entries(env).map(([name, value]) => ({ name, value })),
      resources,
      ...parts.container,
      ...dev?.container,
      ...restrictedContainer,
      ...(volumes.length > 0 && {
        volumeMounts: Object.entries(folders).map(([mountPath, { name }]) => ({ name, mountPath })),
      }),
    };
    const pod = {
      ...restrictedPod(uid),
      imagePullSecrets: pullSecret ? [{ name: pullSecret }] : [],
      terminationGracePeriodSeconds: parts.graceSeconds,
      topologySpreadConstraints: [spreadByHost(labels)],
      containers: [container],
      ...(volumes.length > 0 && { volumes }),
    };
    // No `replicas`: the autoscaler owns that field, and server-side apply would fight it (pulumi-kubernetes #2491).
    const spec: types.input.apps.v1.DeploymentSpec = {
      selector,
      // All new pods start at once, and an old one ends as soon as a new one is ready. Of four or more, one ends at once: otherwise, no
      // new one could start on a full node.
      strategy: { rollingUpdate: { maxUnavailable: '25%', maxSurge: '100%' } },
      progressDeadlineSeconds: 60, // less than `podTimeouts`: the rollout itself reports that it is stuck
      template: { metadata: { labels }, spec: pod },
    };
    const deployment = new apps.v1.Deployment(name, { metadata, spec }, { ...child, customTimeouts: podTimeouts });

    // Not awaited: its first metrics come 15 s after the pods. `npm run status` shows whether it is active.
    const { minReplicas, maxReplicas, targetCpu, scaleDownSeconds } = scaling;
    const cpu = { name: 'cpu', target: { type: 'Utilization', averageUtilization: targetCpu } };
    const scaleDown = {
      stabilizationWindowSeconds: scaleDownSeconds,
      policies: [{ type: 'Pods', value: 1, periodSeconds: 15 }],
    };
    const autoscaler: types.input.autoscaling.v2.HorizontalPodAutoscalerSpec = {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment.metadata.name },
      minReplicas,
      maxReplicas,
      metrics: [{ type: 'Resource', resource: cpu }],
      behavior: { scaleUp: { stabilizationWindowSeconds: 0 }, scaleDown },
    };
    const after = { ...child, dependsOn: deployment };
    new autoscaling.v2.HorizontalPodAutoscaler(name, { metadata, spec: autoscaler }, after);
    this.registerOutputs();
  }
}

export interface WorkerArgs extends ScaledDeploymentArgs {
  /** Seconds between SIGTERM and SIGKILL. Default 30. */
  readonly graceSeconds?: number;
}

/** Pods without a port: they get work from a database, a queue or a timer. A pod that fails should exit, and is restarted. */
export class Worker extends ScaledDeployment {
  constructor(name: string, args: WorkerArgs, opts?: pulumi.ComponentResourceOptions) {
    const parts = { ingress: [], env: {}, container: {}, graceSeconds: args.graceSeconds ?? 30 };
    super('workloads:Worker', name, args, parts, opts);
  }
}
