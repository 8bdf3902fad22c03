import { createHash } from 'node:crypto';
import { RunError } from '@pulumi/pulumi';
import type { RegistryArgs } from '../cluster/cluster';
import type { Configuration, ExistingClusterConfiguration, Exposure, MinikubeConfiguration } from './configuration';
import { parseExternalDatabase } from './externalDatabase';
import { type ConfigurationSource, Reader, unknownKeys } from './reader';
import { parseService } from './service';

/** DNS label, RFC 1123: what a namespace must be, and a profile, which is the name of a node too. */
const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** Kubernetes makes these namespaces itself, and they stay. */
const reservedNamespace = /^(default|kube-.*)$/;
/** Minikube takes these for commands (its pkg/minikube/config/profile.go), and needs two characters for Docker's volume. */
const reservedProfile = /^(.|start|stop|status|delete|config|open|profile|addons|cache|logs)$/;
const hostname = /^[A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?$/;
const repository = /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*$/;
const anything = /^/;

/**
 * Parses the configuration of stack `stack`.
 * @param given the keys that its file sets, as they stand there
 * @throws one Error with all faults: key, value, and the command that mends it.
 */
export function parseConfiguration(
  source: ConfigurationSource,
  stack: string,
  given: readonly string[] = [],
): Configuration {
  const reader = new Reader(source, stack);
  reader.faults.push(...unknownKeys(given, source.name, stack));
  const name = (key: string, reserved: RegExp): string => {
    const own = reader.optional(key, label, 'lower-case letters, digits and dashes, at most 63');
    const value = own ?? toLabel(`${source.name}-${stack}`);
    if (reserved.test(value)) reader.fault(key, `is '${value}'`, 'a name that is not reserved');
    return value;
  };

  const kind = reader.choice('cluster', ['minikube', 'existing']);
  const nodePort = reader.whole('nodePort', 30000, 32767); // Kubernetes' default --service-node-port-range
  const storageClass = reader.optional('storageClass', hostname, 'the name of a StorageClass');
  const cluster = kind === 'existing' ? existing(reader) : minikube(reader, name('profile', reservedProfile), nodePort);
  const configuration: Configuration = {
    stack,
    cluster,
    loseData: reader.optional('loseData', /^(true|false)$/, 'true or false') === 'true',
    dev: reader.optional('dev', /^(true|false)$/, 'true or false') === 'true',
    namespace: name('namespace', reservedNamespace),
    service: parseService(reader),
    exposure: exposure(reader, kind, nodePort),
    platform: reader.optional('platform', /^linux\/(amd64|arm64)$/, 'linux/amd64 or linux/arm64'),
    scaling: {
      minReplicas: reader.whole('minReplicas', 1, 1000),
      maxReplicas: reader.whole('maxReplicas', 1, 1000),
      targetCpu: reader.whole('targetCpu', 1, 1000),
      scaleDownSeconds: reader.whole('scaleDownSeconds', 0, 3600), // Kubernetes' own bounds of a stabilization window
    },
    database: parseExternalDatabase(reader, source) ?? {
      kind: 'mongo',
      image: reader.text('mongoImage', /^\S+$/, 'an image reference such as mongo:8.0'),
      members: Number(reader.choice('mongoMembers', ['1', '3'])),
      passwords: reader.whole('mongoPasswords', 1, 1_000_000),
      memory: reader.whole('mongoMemory', 400, 1_048_576), // the cache's floor is 256 MiB, mongod itself needs 100 and more
      storage: reader.text('mongoStorage', /^[1-9][0-9]*(Mi|Gi|Ti)$/, 'a size such as 1Gi or 500Mi'),
      fixedStorage: kind === 'minikube' && storageClass === undefined,
      storageClass,
    },
  };

  if (configuration.dev && kind === 'existing')
    reader.fault('dev', "is 'true'", 'false on an existing cluster: dev mode is for Minikube', 'dev false');
  const { minReplicas, maxReplicas } = configuration.scaling;
  if (minReplicas > maxReplicas)
    reader.fault(
      'maxReplicas',
      `is ${maxReplicas}`,
      `at least minReplicas, ${minReplicas}`,
      `maxReplicas ${minReplicas}`,
    );
  if (reader.faults.length > 0) {
    const count = reader.faults.length === 1 ? 'a fault' : `${reader.faults.length} faults`;
    const faults = reader.faults.map((fault) => `  - ${fault}`).join('\n');
    throw new RunError(`The configuration of stack '${stack}' has ${count}. Nothing was changed.\n${faults}`);
  }
  return configuration;
}

/** `text` as a DNS label. Where an end has to be cut off, a hash takes its place: long names with the same start differ. */
function toLabel(text: string): string {
  const name = text.toLowerCase().replace(/[^-a-z0-9]/g, '-');
  if (label.test(name)) return name;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return `${name.slice(0, 54).replace(/-+$/, '')}-${hash}`.replace(/^-+/, '');
}

function minikube(reader: Reader, profile: string, nodePort: number): MinikubeConfiguration {
  const registryPort = reader.whole('registryPort', 1024, 65535); // below 1024 only root may listen
  if (nodePort === registryPort)
    reader.fault('registryPort', `is ${registryPort}`, 'another than nodePort', 'registryPort 5500');
  const ports = 'NodePorts from 30000 to 32767 other than nodePort, with commas between them';
  const extra = (reader.optional('extraNodePorts', /^\d+(,\d+)*$/, ports) ?? '').split(',').filter(Boolean).map(Number);
  if (extra.some((port) => port < 30000 || port > 32767 || port === nodePort))
    reader.fault('extraNodePorts', `is '${extra.join()}'`, ports);
  return {
    kind: 'minikube',
    profile,
    cpus: reader.whole('cpus', 2, 256), // kubeadm refuses less than 2
    memory: reader.whole('memory', 1800, 1_048_576), // Minikube refuses less than 1800 MiB
    nodePort,
    extraNodePorts: extra,
    registryPort,
    registry: registry(reader),
    containerRuntime: reader.choice('containerRuntime', ['containerd', 'docker', 'cri-o']),
    kubernetesVersion: reader.optional('kubernetesVersion', /^v?\d+\.\d+\.\d+/, 'a version such as v1.35.4'),
    extraConfig: reader.list(
      'extraConfig',
      /^[\w-]+\.[^=]+=/,
      'a list of COMPONENT.KEY=VALUE',
      "--path 'extraConfig[0]' kubelet.max-pods=200",
    ),
  };
}

function existing(reader: Reader): ExistingClusterConfiguration {
  const own = registry(reader);
  if (!own) reader.fault('registry', 'is empty', 'a registry that the cluster can pull from, such as ghcr.io/me');
  return {
    kind: 'existing',
    kubeconfig: reader.optional('kubeconfig', anything, 'a path'),
    context: reader.text('context', /./, 'the name of the context to use (kubectl config get-contexts)'),
    registry: own ?? { push: '', pull: '', credentials: undefined },
  };
}

function registry(reader: Reader): RegistryArgs | undefined {
  const push = reader.optional('registry', repository, 'a host and path without a scheme, such as ghcr.io/me');
  const pull = reader.optional('registryPull', repository, 'a host and path without a scheme, such as localhost:5000');
  const username = reader.optional('registryUsername', anything, 'a name');
  const password = reader.secret('registryPassword', anything, 'a password');
  if (password && !username) reader.fault('registryUsername', 'is empty', 'set when registryPassword is');
  if (username && !password)
    reader.fault('registryPassword', 'is empty', 'set when registryUsername is', '--secret registryPassword VALUE');
  const credentials = username && password ? { username, password } : undefined;
  return push ? { push, pull: pull ?? push, credentials } : undefined;
}

function exposure(reader: Reader, cluster: Configuration['cluster']['kind'], nodePort: number): Exposure {
  const kind = reader.choice('expose', ['nodePort', 'loadBalancer', 'ingress']);
  const host = reader.optional('host', hostname, 'a host name or an IPv4 address');
  switch (kind) {
    case 'nodePort':
      if (cluster === 'existing' && !host) reader.fault('host', 'is empty', 'the address of a node, for a NodePort');
      return { kind, host: host ?? '127.0.0.1', nodePort };
    case 'loadBalancer':
      return { kind };
    case 'ingress':
      if (!host) reader.fault('host', 'is empty', 'the host name that the Ingress serves');
      return {
        kind,
        host: host ?? '',
        ingressClass: reader.text('ingressClass', hostname, 'the name of an IngressClass, such as nginx'),
        tlsSecret: reader.optional('tlsSecret', hostname, 'the name of a TLS Secret in the namespace'),
      };
  }
}
