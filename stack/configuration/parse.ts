import { createHash } from 'node:crypto';
import { RunError } from '@pulumi/pulumi';
import type { RegistryArgs } from '../cluster/cluster';
import type { Exposure } from '../workloads/webEndpoint';
import type { Configuration, ExistingClusterConfiguration, MinikubeConfiguration } from './configuration';
import { parseExternalDatabase, parseMongo } from './database';
import { type ConfigurationSource, hostname, Reader, unknownKeys } from './reader';
import { parseService } from './service';

/** DNS label (RFC 1123), for namespaces, and for profiles, which are also names of nodes. */
const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** Minikube takes these for commands (its pkg/minikube/config/profile.go), and Docker's volumes need names of two characters. */
const reservedProfile = /^(.|start|stop|status|delete|config|open|profile|addons|cache|logs)$/;
const repository = /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*$/;
const anything = /^/;

/**
 * Parses the configuration of stack `stack`.
 * @param given the keys in the stack's file, with their prefixes
 * @throws one Error with all faults: key, value, and the command that corrects it.
 */
export function parseConfiguration(
  source: ConfigurationSource,
  stack: string,
  given: readonly string[] = [],
): Configuration {
  const reader = new Reader(source, stack);
  reader.faults.push(...unknownKeys(given, source.name, stack));
  const kind = reader.choice('cluster', ['minikube', 'existing']);
  const nodePort = reader.whole('nodePort', 30000, 32767); // Kubernetes' default --service-node-port-range
  const configuration: Configuration = {
    stack,
    cluster: kind === 'existing' ? existing(reader) : minikube(reader, nodePort),
    loseData: reader.flag('loseData'),
    dev: reader.flag('dev'),
    namespace: name(
      reader,
      'namespace',
      /^(default|kube-.*)$/,
      'another: Kubernetes makes that one itself, and it stays',
    ),
    service: parseService(reader),
    exposure: exposure(reader, kind, nodePort),
    platform: reader.optional('platform', /^linux\/(amd64|arm64)$/, 'linux/amd64 or linux/arm64'),
    scaling: {
      minReplicas: reader.whole('minReplicas', 1, 1000),
      maxReplicas: reader.whole('maxReplicas', 1, 1000),
      targetCpu: reader.whole('targetCpu', 1, 1000),
      scaleDownSeconds: reader.whole('scaleDownSeconds', 0, 3600), // Kubernetes' own bounds of a stabilization window
    },
    database: parseExternalDatabase(reader) ?? parseMongo(reader, kind === 'minikube'),
  };

  if (configuration.dev && kind === 'existing')
    reader.fault('dev', "is 'true'", 'false on an existing cluster: dev mode is for Minikube', 'dev false');
  const { minReplicas: least, maxReplicas: most } = configuration.scaling;
  if (least > most) reader.fault('maxReplicas', `is ${most}`, `at least minReplicas, ${least}`, `maxReplicas ${least}`);
  if (reader.faults.length > 0) {
    const count = reader.faults.length === 1 ? 'a fault' : `${reader.faults.length} faults`;
    const faults = reader.faults.map((fault) => `  - ${fault}`).join('\n');
    throw new RunError(`The configuration of stack '${stack}' has ${count}. Nothing was changed.\n${faults}`);
  }
  return configuration;
}

/** The name that `key` has, or else PROJECT-STACK. @param needed instead of a `reserved` one */
function name(reader: Reader, key: string, reserved: RegExp, needed: string): string {
  const given = reader.optional(key, label, 'lower-case letters, digits and dashes, at most 63');
  const value = given ?? toLabel(`${reader.source.name}-${reader.stack}`);
  if (reserved.test(value)) reader.fault(key, `is '${value}'`, needed);
  return value;
}

/** `text` as a DNS label. Where an end has to be cut off, a hash takes its place: long names with the same start differ. */
function toLabel(text: string): string {
  const name = text.toLowerCase().replace(/[^-a-z0-9]/g, '-');
  if (label.test(name)) return name;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return `${name.slice(0, 54).replace(/-+$/, '')}-${hash}`.replace(/^-+/, '');
}

function minikube(reader: Reader, nodePort: number): MinikubeConfiguration {
  const registryPort = reader.whole('registryPort', 1024, 65535); // below 1024 only root may listen
  if (nodePort === registryPort)
    reader.fault('registryPort', `is ${registryPort}`, 'a port other than nodePort', 'registryPort 5500');
  const isNodePort = (text: string): boolean =>
    /^\d+$/.test(text) && +text >= 30000 && +text <= 32767 && +text !== nodePort;
  const extraNodePorts = reader.optional(
    'extraNodePorts',
    { test: (text) => text.split(',').every(isNodePort) },
    'NodePorts from 30000 to 32767 other than nodePort, with commas between them',
  );
  return {
    kind: 'minikube',
    profile: name(reader, 'profile', reservedProfile, "two characters or more, and not a command of Minikube's"),
    cpus: reader.whole('cpus', 2, 256), // kubeadm refuses less than 2
    memory: reader.whole('memory', 1800, 1_048_576), // Minikube refuses less than 1800 MiB
    nodePort,
    extraNodePorts: extraNodePorts?.split(',').map(Number) ?? [],
    registryPort,
    registry: registry(reader),
    kubernetesVersion: reader.optional('kubernetesVersion', /^v?\d+\.\d+\.\d+/, 'a version such as v1.35.4'),
  };
}

function existing(reader: Reader): ExistingClusterConfiguration {
  const own = registry(reader);
  if (!own) reader.fault('registry', 'is empty', 'a registry that the cluster can pull from, such as ghcr.io/me');
  return {
    kind: 'existing',
    kubeconfig: reader.optional('kubeconfig', anything, 'a path'),
    context: reader.text('context', /./, 'the name of the context to use (kubectl config get-contexts)'),
    registry: own ?? { push: '', pull: '' },
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
