import * as apiregistration from '@pulumi/kubernetes/apiregistration';
import * as apps from '@pulumi/kubernetes/apps';
import * as core from '@pulumi/kubernetes/core';
import * as rbac from '@pulumi/kubernetes/rbac';
import type * as pulumi from '@pulumi/pulumi';
import { Component, skipAwait } from './resources';

export const metricsServerImage = 'registry.k8s.io/metrics-server/metrics-server:v0.9.0';
const namespace = 'kube-system';
const labels = { 'app.kubernetes.io/name': 'metrics-server' };

/**
 * Metrics every 10 s: Minikube's addon reads them every 60 s, which delays the autoscaler by a minute or more. metrics-server exits
 * unless the time-out of the kubelet is shorter than this interval.
 */
const args = [
  '--metric-resolution=10s',
  '--kubelet-request-timeout=5s',
  '--cert-dir=/tmp',
  '--secure-port=10250',
  '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
  '--kubelet-use-node-status-port',
  '--kubelet-insecure-tls', // Minikube's kubelet signs its own certificate
];

const rules = [
  { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
  { apiGroups: [''], resources: ['pods', 'nodes', 'namespaces', 'configmaps'], verbs: ['get', 'list', 'watch'] },
];

const container = {
  image: metricsServerImage,
  args,
  ports: [{ name: 'https', containerPort: 10250 }],
  readinessProbe: { httpGet: { path: '/readyz', port: 'https', scheme: 'HTTPS' }, periodSeconds: 2 },
  livenessProbe: { httpGet: { path: '/livez', port: 'https', scheme: 'HTTPS' }, periodSeconds: 10 },
  resources: { requests: { cpu: '50m', memory: '100Mi' } },
  securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
  volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
};

/** metrics-server: the source of the CPU and memory metrics that autoscalers use. */
export class MetricsServer extends Component {
  constructor(name: string, opts: pulumi.ComponentResourceOptions) {
    super('cluster:MetricsServer', name, opts);
    const child = { parent: this };
    const metadata = { name, namespace, labels };
    // Its first metrics come about 15 s after its start. Only the autoscaler needs them, and waits for them itself.
    const notAwaited = { ...metadata, annotations: skipAwait };

    const account = new core.v1.ServiceAccount(name, { metadata }, child);
    const role = new rbac.v1.ClusterRole(name, { metadata: { name: `system:${name}`, labels }, rules }, child);
    const bind = (metadata: { name: string; namespace?: string }, kind: string, to: pulumi.Input<string>) => ({
      metadata: { ...metadata, labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: to },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    });
    const own = bind({ name: `system:${name}` }, 'ClusterRole', role.metadata.name);
    const delegator = bind({ name: `${name}:system:auth-delegator` }, 'ClusterRole', 'system:auth-delegator');
    const reader = bind(
      { name: `${name}-auth-reader`, namespace },
      'Role',
      'extension-apiserver-authentication-reader',
    );
    const dependsOn = [
      new rbac.v1.ClusterRoleBinding(name, own, child),
      new rbac.v1.ClusterRoleBinding(`${name}-auth`, delegator, child),
      new rbac.v1.RoleBinding(name, reader, child),
    ];

    const pod = {
      serviceAccountName: account.metadata.name,
      priorityClassName: 'system-cluster-critical',
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{ name, ...container }],
      volumes: [{ name: 'tmp', emptyDir: {} }],
    };
    const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } };
    new apps.v1.Deployment(name, { metadata: notAwaited, spec }, { ...child, dependsOn });

    const ports = [{ name: 'https', port: 443, targetPort: 'https' }];
    const service = new core.v1.Service(name, { metadata: notAwaited, spec: { selector: labels, ports } }, child);
    const api = {
      group: 'metrics.k8s.io',
      version: 'v1beta1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
      service: { name: service.metadata.name, namespace },
    };
    const apiName = { name: `${api.version}.${api.group}`, labels };
    new apiregistration.v1.APIService(name, { metadata: apiName, spec: api }, child);
    this.registerOutputs();
  }
}
