import * as pulumi from '@pulumi/pulumi';
import { closest, distance } from 'fastest-levenshtein';
import { dependencies } from '../../package.json';

/** A source of configuration values, such as a `pulumi.Config`. */
export interface ConfigurationSource {
  /** The project's name. */
  readonly name: string;
  get(key: string): string | undefined;
}

/** A DNS name. */
export const hostname = /^[A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?$/;

/** The command that sets a value of stack `stack`. It also works before the stack exists. @param args such as `nodePort 30501` */
export function configSet(stack: string, args: string): string {
  return `npm run pulumi -- ${stack === (process.env.PULUMI_STACK || 'dev') ? '' : `--stack ${stack} `}config set ${args}`;
}

/** Reads values and collects all faults, to report them together. Invalid values are returned unchanged. */
export class Reader {
  readonly faults: string[] = [];

  /** @param stack the stack that is configured, for the commands that correct faults */
  constructor(
    readonly source: ConfigurationSource,
    readonly stack: string,
  ) {}

  /** Adds a fault of `key`: what it `is`, what it must be, and what to set. */
  fault(key: string, is: string, wanted: string, remedy = `${key} VALUE`): void {
    this.faults.push(`${key} ${is} and must be ${wanted}: ${configSet(this.stack, remedy)}`);
  }

  /** A text that `pattern` accepts; '' if it is not set. */
  text(key: string, pattern: Pick<RegExp, 'test'>, wanted: string): string {
    const value = this.source.get(key) ?? '';
    if (!pattern.test(value)) this.fault(key, `is '${value}'`, wanted);
    return value;
  }

  /** A text that `pattern` accepts, or `undefined` if it is empty. */
  optional(key: string, pattern: Pick<RegExp, 'test'>, wanted: string): string | undefined {
    return this.source.get(key) ? this.text(key, pattern, `${wanted}, or empty`) : undefined;
  }

  choice<const T extends string>(key: string, values: readonly T[]): T {
    return this.text(key, new RegExp(`^(${values.join('|')})$`), `one of ${values.join(', ')}`) as T;
  }

  flag(key: string): boolean {
    return this.optional(key, /^(true|false)$/, 'true or false') === 'true';
  }

  whole(key: string, least: number, most: number): number {
    const fits = (text: string): boolean => /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most;
    return Number(this.text(key, { test: fits }, `a whole number from ${least} to ${most}`));
  }

  /** A secret, which messages never show; `undefined` if it is empty. */
  secret(key: string, pattern: RegExp, wanted: string): pulumi.Output<string> | undefined {
    const value = this.source.get(key);
    if (!value) return undefined;
    if (!pattern.test(value)) this.fault(key, 'is not shown here', wanted, `--secret ${key} VALUE`);
    return pulumi.secret(value);
  }

  /** A map of texts, numbers and booleans, which messages never show; `undefined` if it is empty. @param pattern of the names */
  secretMap(key: string, pattern: RegExp, wanted: string): pulumi.Output<Record<string, string>> | undefined {
    const json = this.source.get(key);
    if (!json) return undefined;
    const texts: Record<string, string> = {};
    try {
      if (!json.trimStart().startsWith('{')) throw new Error('not a map');
      for (const [name, value] of Object.entries(JSON.parse(json) as object)) {
        if (!pattern.test(name) || value instanceof Object) throw new Error(name);
        texts[name] = String(value);
      }
    } catch {
      this.fault(key, 'is not shown here', wanted, `--path ${key}.NAME VALUE`);
    }
    return pulumi.secret(texts);
  }
}

/** All configuration keys. A test compares them with Pulumi.yaml, which declares them. */
export const keys =
  `cluster kubeconfig context cpus memory profile nodePort extraNodePorts registryPort kubernetesVersion
  registry registryPull registryUsername registryPassword platform namespace loseData
  dev service servicePort healthPath livePath mongoVariable otlpEndpoint serviceEnv expose host ingressClass tlsSecret
  minReplicas maxReplicas targetCpu scaleDownSeconds mongoImage mongoMembers mongoPasswords mongoMemory mongoStorage
  storageClass mongoUri`.split(/\s+/);

/** Prefixes of the keys that Pulumi and its packages read, such as `pulumi` and `docker`. */
const packages = new Set(Object.keys(dependencies).map((name) => /^@pulumi\w*\/(.+)$/.exec(name)?.[1]));

/**
 * A fault for each unknown key in a stack's file. Pulumi ignores these.
 * @param given keys with a prefix, such as `koa:cpus`, or without: then they are the project's
 */
export function unknownKeys(given: readonly string[], project: string, stack: string): string[] {
  return given.flatMap((full) => {
    const colon = full.indexOf(':');
    const [prefix, key] = [colon === -1 ? project : full.slice(0, colon), full.slice(colon + 1)];
    if (packages.has(prefix) || (prefix === project && keys.includes(key))) return [];
    const nearest = closest(key, keys);
    const replace = distance(key, nearest) <= 3 ? `replace it with ${project}:${nearest}, or ` : ''; // a typing error
    return [`${full} is not a key of project ${project}: in Pulumi.${stack}.yaml, ${replace}remove it`];
  });
}
