import type { Output } from '@pulumi/pulumi';

/** What configuration is read from: a `pulumi.Config` is one. */
export interface ConfigurationSource {
  readonly name: string;
  get(key: string): string | undefined;
  getSecret(key: string): Output<string> | undefined;
}

/** Reads values and gathers their faults, so that all are told at once. A value with a fault is returned as it came. */
export class Reader {
  readonly faults: string[] = [];

  /** @param stack the stack that is configured, for the commands that mend faults */
  constructor(
    private readonly source: ConfigurationSource,
    private readonly stack: string,
  ) {}

  /** Notes that `key` is wrong: what it `is`, what it must be, and what to set to mend it. */
  fault(key: string, is: string, wanted: string, remedy = `${key} VALUE`): void {
    const stack = this.stack === 'dev' ? '' : `--stack ${this.stack} `;
    this.faults.push(`${key} ${is} and must be ${wanted}: npm run pulumi -- ${stack}config set ${remedy}`);
  }

  text(key: string, fits: (value: string) => boolean, wanted: string): string {
    const value = this.source.get(key) ?? '';
    if (!fits(value)) this.fault(key, `is '${value}'`, wanted);
    return value;
  }

  /** A text that may be empty: then `undefined`. */
  optional(key: string, fits: (value: string) => boolean, wanted: string): string | undefined {
    return this.text(key, (value) => value === '' || fits(value), `${wanted}, or empty`) || undefined;
  }

  choice<const T extends string>(key: string, values: readonly T[]): T {
    return this.text(key, (value) => (values as readonly string[]).includes(value), `one of ${values.join(', ')}`) as T;
  }

  whole(key: string, least: number, most: number): number {
    const fits = (value: string): boolean => /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most;
    return Number(this.text(key, fits, `a whole number from ${least} to ${most}`));
  }

  /** A JSON list of texts. */
  list(key: string, fits: (value: string) => boolean, wanted: string, remedy: string): readonly string[] {
    const json = this.source.get(key) ?? '[]';
    const value = parsed(json);
    if (Array.isArray(value) && value.every((item): item is string => typeof item === 'string' && fits(item)))
      return value;
    this.fault(key, `is '${json}'`, wanted, remedy);
    return [];
  }

  /** A value that no message may show: only whether it fits is told. */
  secret(key: string, fits: (value: string) => boolean, wanted: string): Output<string> | undefined {
    const value = this.source.get(key) ?? '';
    if (value === '') return undefined;
    if (!fits(value)) this.fault(key, 'is not shown here', wanted, `--secret ${key} VALUE`);
    return this.source.getSecret(key);
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
