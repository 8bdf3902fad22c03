import type { Output } from '@pulumi/pulumi';

/** The stack's configuration, parsed and checked. `Pulumi.yaml` declares the keys, their types and defaults. */
export interface Configuration {
  readonly cluster: ClusterConfiguration;
  readonly registry: RegistryConfiguration | undefined;
  /** Namespace that the stack makes and owns. */
  readonly namespace: string;
  readonly scaling: ScalingConfiguration;
  readonly mongo: MongoConfiguration;
}

export interface ClusterConfiguration {
  readonly profile: string;
  readonly cpus: number;
  /** MiB. */
  readonly memory: number;
  readonly nodePort: number;
  readonly registryPort: number;
  readonly containerRuntime: string;
  /** Minikube's own default if undefined. */
  readonly kubernetesVersion: string | undefined;
  readonly extraConfig: readonly string[];
}

/** A registry in place of Minikube's own. */
export interface RegistryConfiguration {
  /** Host and path that image names start with, such as `ghcr.io/me`. */
  readonly prefix: string;
  readonly credentials: { readonly username: string; readonly password: Output<string> } | undefined;
}

export interface ScalingConfiguration {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Percent of the CPU request. */
  readonly targetCpu: number;
  readonly scaleDownSeconds: number;
}

export interface MongoConfiguration {
  readonly image: string;
  /** MiB. */
  readonly memory: number;
  /** Kubernetes quantity. */
  readonly storage: string;
}

/** What `parseConfiguration` reads from: a `pulumi.Config` is one. */
export interface ConfigurationSource {
  readonly name: string;
  get(key: string): string | undefined;
  getSecret(key: string): Output<string> | undefined;
}

/** Largest host port below which only root may listen. */
const lastPrivilegedPort = 1023;
/** DNS label, RFC 1123: what a namespace must be, and a profile may be. */
const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const quantity = /^[1-9][0-9]*(Mi|Gi|Ti)$/;
const runtimes = ['containerd', 'docker', 'cri-o'];

/**
 * Parses the configuration of stack `stack`.
 * @throws one Error that names every fault: key, value, and the command that mends it.
 */
export function parseConfiguration(source: ConfigurationSource, stack: string): Configuration {
  const faults: string[] = [];

  const text = (key: string, fits: (value: string) => boolean, wanted: string): string => {
    const value = source.get(key) ?? '';
    if (!fits(value)) {
      faults.push(`${key} is '${value}' and must be ${wanted}: pulumi config set ${key} VALUE`);
    }
    return value;
  };
  const whole = (key: string, least: number, most: number): number =>
    Number(
      text(key, (value) => /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most,
        `a whole number from ${least} to ${most}`),
    );
  const named = (key: string): string =>
    text(key, (value) => value === '' || label.test(value), 'lower-case letters, digits and dashes, at most 63') ||
    `${source.name}-${stack}`.toLowerCase().replace(/[^-a-z0-9]/g, '-');

  const configuration: Configuration = {
    cluster: {
      profile: named('profile'),
      cpus: whole('cpus', 2, 256), // kubeadm refuses less than 2
      memory: whole('memory', 1800, 1_048_576), // Minikube refuses less than 1800 MiB
      nodePort: whole('nodePort', 30000, 32767), // Kubernetes' default --service-node-port-range
      registryPort: whole('registryPort', lastPrivilegedPort + 1, 65535),
      containerRuntime: text('containerRuntime', (value) => runtimes.includes(value), `one of ${runtimes.join(', ')}`),
      kubernetesVersion:
        text('kubernetesVersion', (value) => /^(v?\d+\.\d+\.\d+.*)?$/.test(value), 'a version such as v1.35.4, or empty') ||
        undefined,
      extraConfig: list(source.get('extraConfig'), faults),
    },
    registry: registry(source, faults),
    namespace: named('namespace'),
    scaling: {
      minReplicas: whole('minReplicas', 1, 1000),
      maxReplicas: whole('maxReplicas', 1, 1000),
      targetCpu: whole('targetCpu', 1, 1000),
      scaleDownSeconds: whole('scaleDownSeconds', 0, 3600), // Kubernetes' own bounds of a stabilization window
    },
    mongo: {
      image: text('mongoImage', (value) => value !== '' && !/\s/.test(value), 'an image reference such as mongo:8'),
      memory: whole('mongoMemory', 400, 1_048_576), // the cache's floor is 256 MiB, mongod itself wants 100 and more
      storage: text('mongoStorage', (value) => quantity.test(value), 'a size such as 1Gi or 500Mi'),
    },
  };

  const { cluster, scaling } = configuration;
  if (scaling.minReplicas > scaling.maxReplicas) {
    faults.push(`minReplicas is ${scaling.minReplicas} and must not be above maxReplicas, ${scaling.maxReplicas}: ` +
      `pulumi config set maxReplicas ${scaling.minReplicas}`);
  }
  if (cluster.nodePort === cluster.registryPort) {
    faults.push(`registryPort is ${cluster.registryPort} and must differ from nodePort: pulumi config set registryPort 5500`);
  }
  if (faults.length > 0) {
    throw new Error(`The configuration of stack '${stack}' has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}. ` +
      `Nothing was changed.\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
  return configuration;
}

function list(json: string | undefined, faults: string[]): readonly string[] {
  const value = parsed(json ?? '[]');
  if (Array.isArray(value) && value.every((item) => typeof item === 'string' && /^[\w-]+\.[^=]+=/.test(item))) {
    return value as string[];
  }
  faults.push(`extraConfig is '${json}' and must be a list of COMPONENT.KEY=VALUE: ` +
    `pulumi config set --path 'extraConfig[0]' kubelet.max-pods=200`);
  return [];
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function registry(source: ConfigurationSource, faults: string[]): RegistryConfiguration | undefined {
  const prefix = source.get('registry') ?? '';
  const username = source.get('registryUsername') ?? '';
  const password = source.get('registryPassword') ? source.getSecret('registryPassword') : undefined;
  if (prefix === '') {
    return undefined;
  }
  if (!/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*$/.test(prefix)) {
    faults.push(`registry is '${prefix}' and must be a host and path without a scheme, such as ghcr.io/me: ` +
      'pulumi config set registry VALUE');
  }
  if ((username === '') !== (password === undefined)) {
    const missing = username === '' ? 'registryUsername' : '--secret registryPassword';
    faults.push(`registryUsername and registryPassword go together, and one is missing: pulumi config set ${missing} VALUE`);
  }
  return { prefix, credentials: username !== '' && password ? { username, password } : undefined };
}
