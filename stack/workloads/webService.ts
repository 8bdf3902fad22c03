import { apps, autoscaling, core, networking, policy } from '@pulumi/kubernetes';
import type * as pulumi from '@pulumi/pulumi';
import { environment, httpPort, metricsPort, probes, requestSeconds, serviceUser } from '../../service/contract';
import { Component } from '../component';
import type { ScalingConfiguration } from '../configuration/configuration';
import type { Database } from './mongoDatabase';
import { podTimeouts, restrictedContainer, restrictedPod } from './restrictedNamespace';
import type { ServiceImage } from './serviceImage';

export interface WebServiceArgs {
  readonly namespace: pulumi.Input<string>;
  readonly image: Pick<ServiceImage, 'reference' | 'pullSecret'>;
  readonly database: Database;
  readonly scaling: ScalingConfiguration;
}

/** Readiness is gone for this long before a pod stops listening: endpoints take about a second to reach every node. */
const drainSeconds = 5;

const get = (path: string) => ({ path, port: 'http' });

/** The Koa service: a Deployment scaled by its CPU use. */
export class WebService extends Component {
  readonly labels: Record<string, string>;

  constructor(name: string, args: WebServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super('workloads:WebService', name, opts);
    const { namespace, image, database, scaling } = args;
    const child = { parent: this };
    const labels = (this.labels = { 'app.kubernetes.io/name': name });
    const metadata = { name, namespace, labels };
    const selector = { matchLabels: labels };

    const stringData = { [environment.mongoUri]: database.uri };
    const secret = new core.v1.Secret(name, { metadata: { namespace }, stringData }, child);
    const pullSecret =
      image.pullSecret &&
      new core.v1.Secret(
        `${name}-pull`,
        {
          metadata: { namespace },
          type: 'kubernetes.io/dockerconfigjson',
          stringData: { '.dockerconfigjson': image.pullSecret },
        },
        child,
      );

    const dns = ['UDP', 'TCP'].map((protocol) => ({ port: 53, protocol }));
    new networking.v1.NetworkPolicy(
      name,
      {
        metadata,
        spec: {
          podSelector: selector,
          policyTypes: ['Ingress', 'Egress'],
          ingress: [{ ports: [{ port: httpPort }] }], // not metrics
          egress: [database.egress, { ports: dns }],
        },
      },
      child,
    );
    new policy.v1.PodDisruptionBudget(name, { metadata, spec: { maxUnavailable: 1, selector } }, child);

    // No `replicas`: the autoscaler owns that field, and server-side apply would fight it (pulumi-kubernetes #2491).
    const deployment = new apps.v1.Deployment(
      name,
      {
        metadata,
        spec: {
          selector,
          // All new pods start at once, and an old one leaves as soon as a new one is ready.
          strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: '100%' } },
          progressDeadlineSeconds: 60, // below `podTimeouts`: the rollout then says itself that it is stuck
          template: {
            metadata: { labels },
            spec: {
              ...restrictedPod(serviceUser),
              imagePullSecrets: pullSecret ? [{ name: pullSecret.metadata.name }] : [],
              terminationGracePeriodSeconds: drainSeconds + requestSeconds + 5,
              topologySpreadConstraints: [
                {
                  maxSkew: 1,
                  topologyKey: 'kubernetes.io/hostname',
                  whenUnsatisfiable: 'ScheduleAnyway',
                  labelSelector: selector,
                },
              ],
              containers: [
                {
                  name,
                  image: image.reference,
                  envFrom: [{ secretRef: { name: secret.metadata.name } }],
                  env: [{ name: environment.drainSeconds, value: String(drainSeconds) }],
                  ports: [
                    { name: 'http', containerPort: httpPort },
                    { name: 'metrics', containerPort: metricsPort },
                  ],
                  // The first time, a pod is ready with its database. Later, a lost database is answered by 503: if it took the pods out of the
                  // Service, clients would be refused. A pod that hangs fails thrice, of two seconds each.
                  startupProbe: {
                    httpGet: get(probes.startup),
                    periodSeconds: 1,
                    timeoutSeconds: 3,
                    failureThreshold: 600,
                  },
                  readinessProbe: {
                    httpGet: get(probes.ready),
                    periodSeconds: 1,
                    timeoutSeconds: 2,
                    failureThreshold: 3,
                  },
                  livenessProbe: { httpGet: get(probes.live), periodSeconds: 10, timeoutSeconds: 5 },
                  resources: {
                    requests: { cpu: '200m', memory: '250Mi' },
                    limits: { cpu: '500m', memory: '500Mi' },
                  },
                  ...restrictedContainer,
                },
              ],
            },
          },
        },
      },
      { ...child, customTimeouts: podTimeouts },
    );

    // Not awaited: its first metrics come a quarter of a minute after the pods. `npm run status` shows whether it is active.
    const cpu = { name: 'cpu', target: { type: 'Utilization', averageUtilization: scaling.targetCpu } };
    new autoscaling.v2.HorizontalPodAutoscaler(
      name,
      {
        metadata,
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment.metadata.name },
          minReplicas: scaling.minReplicas,
          maxReplicas: scaling.maxReplicas,
          metrics: [{ type: 'Resource', resource: cpu }],
          behavior: {
            scaleUp: { stabilizationWindowSeconds: 0 },
            scaleDown: {
              stabilizationWindowSeconds: scaling.scaleDownSeconds,
              policies: [{ type: 'Pods', value: 1, periodSeconds: 15 }],
            },
          },
        },
      },
      { ...child, dependsOn: deployment },
    );
    this.registerOutputs();
  }
}
