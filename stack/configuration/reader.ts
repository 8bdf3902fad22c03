import type { Output } from '@pulumi/pulumi';
import { closest } from 'fastest-levenshtein';
import { dependencies } from '../../package.json';

/** What configuration is read from: a `pulumi.Config` is one. */
export interface ConfigurationSource {
  /** The project's name. */
  readonly name: string;
  get(key: string): string | undefined;
  getSecret(key: string): Output<string> | undefined;
}

/** The command that sets a value of stack `stack`. It works before there is a stack. @param args such as `nodePort 30501` */
export function configSet(stack: string, args: string): string {
  return `npm run pulumi -- ${stack === (process.env.PULUMI_STACK || 'dev') ? '' : `--stack ${stack} `}config set ${args}`;
}

type Pattern = Pick<RegExp, 'test'>;

/** Reads values and collects their faults, so that all are reported at once. A value with a fault is returned as it is. */
export class Reader {
  readonly faults: string[] = [];

  /** @param stack the stack that is configured, for the commands that mend faults */
  constructor(
    private readonly source: ConfigurationSource,
    private readonly stack: string,
  ) {}

  /** Notes that `key` is wrong: what it `is`, what it must be, and what to set. */
  fault(key: string, is: string, wanted: string, remedy = `${key} VALUE`): void {
    this.faults.push(`${key} ${is} and must be ${wanted}: ${configSet(this.stack, remedy)}`);
  }

  /** A text that `pattern`, a regular expression or the like, accepts; '' if it is not set. */
  text(key: string, pattern: Pattern, wanted: string): string {
    const value = this.source.get(key) ?? '';
    if (!pattern.test(value)) this.fault(key, `is '${value}'`, wanted);
    return value;
  }

  /** A text that `pattern` accepts, or `undefined` if it is empty. */
  optional(key: string, pattern: Pattern, wanted: string): string | undefined {
    return this.source.get(key) ? this.text(key, pattern, `${wanted}, or empty`) : undefined;
  }

  choice<const T extends string>(key: string, values: readonly T[]): T {
    return this.text(key, new RegExp(`^(${values.join('|')})$`), `one of ${values.join(', ')}`) as T;
  }

  whole(key: string, least: number, most: number): number {
    const text = this.source.get(key) ?? '';
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) this.fault(key, `is '${text}'`, `a whole number from ${least} to ${most}`);
    return value;
  }

  /** A JSON list of texts that `pattern` matches. */
  list(key: string, pattern: RegExp, wanted: string, remedy: string): readonly string[] {
    const json = this.source.get(key) ?? '[]';
    try {
      const value: unknown = JSON.parse(json);
      const fits = (item: unknown): item is string => typeof item === 'string' && pattern.test(item);
      if (Array.isArray(value) && value.every(fits)) return value;
    } catch {} // not JSON: a fault as well
    this.fault(key, `is '${json}'`, wanted, remedy);
    return [];
  }

  /** A value that no message may show; `undefined` if it is empty. */
  secret(key: string, pattern: RegExp, wanted: string): Output<string> | undefined {
    const value = this.source.get(key);
    if (!value) return undefined;
    if (!pattern.test(value)) this.fault(key, 'is not shown here', wanted, `--secret ${key} VALUE`);
    return this.source.getSecret(key);
  }

  /** Texts, numbers and booleans by names that `pattern` matches, which no message may show; `undefined` if it is empty. */
  secretMap(key: string, pattern: RegExp, wanted: string): Output<Record<string, string>> | undefined {
    const value = this.source.get(key);
    if (!value) return undefined;
    const fits = ([name, item]: [string, unknown]): boolean => pattern.test(name) && !(item instanceof Object);
    const entries = parseObject(value);
    if (!entries?.every(fits)) this.fault(key, 'is not shown here', wanted, `--path ${key}.NAME VALUE`);
    return this.source
      .getSecret(key)
      ?.apply((json) => Object.fromEntries((parseObject(json) ?? []).map(([name, item]) => [name, String(item)])));
  }
}

/** The entries of a JSON object; undefined if `json` is none. */
function parseObject(json: string): [string, unknown][] | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined;
  } catch {
    return undefined;
  }
}

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
