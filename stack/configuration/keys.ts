import { closest } from 'fastest-levenshtein';
import { dependencies } from '../../package.json';

/** All configuration keys. A test compares them with Pulumi.yaml, which declares them. */
export const keys =
  `cluster kubeconfig context cpus memory profile nodePort extraNodePorts registryPort containerRuntime kubernetesVersion
  extraConfig registry registryPull registryUsername registryPassword platform namespace loseData
  dev service servicePort healthPath livePath mongoVariable otlpEndpoint serviceEnv expose host ingressClass tlsSecret
  minReplicas maxReplicas targetCpu scaleDownSeconds mongoImage mongoMembers mongoPasswords mongoMemory mongoStorage
  storageClass mongoUri`.split(/\s+/);

/** Prefixes of the keys that Pulumi and its packages read, such as `pulumi` and `docker`. */
const packages = new Set(Object.keys(dependencies).map((name) => /^@pulumi\w*\/(.+)$/.exec(name)?.[1]));

/**
 * A fault for each key of a stack's file that nothing reads: Pulumi itself ignores it.
 * @param given keys with a prefix, such as `koa:cpus`, or without: then they are the project's
 */
export function unknownKeys(given: readonly string[], project: string, stack: string): string[] {
  return given.flatMap((full) => {
    const colon = full.indexOf(':');
    const [prefix, key] = [colon === -1 ? project : full.slice(0, colon), full.slice(colon + 1)];
    if (packages.has(prefix) || (prefix === project && keys.includes(key))) return [];
    const nearest = `${project}:${closest(key, keys)}`;
    return [
      `${full} is not a key of project ${project}: in Pulumi.${stack}.yaml, replace it with ${nearest}, or remove it`,
    ];
  });
}
