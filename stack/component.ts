import { join, relative } from 'node:path';
import * as pulumi from '@pulumi/pulumi';

/**
 * A component of this stack. Its type token is part of the URN of all that it contains, so it never changes:
 * `webstack:MODULE:TYPE`. Stacks made before 2026-11-25 have the project's name in place of `webstack`.
 */
export abstract class Component extends pulumi.ComponentResource {
  constructor(type: `${'cluster' | 'workloads'}:${string}`, name: string, opts?: pulumi.ComponentResourceOptions) {
    const aliases = [{ type: `${pulumi.getProject()}:${type}` }];
    super(`webstack:${type}`, name, {}, pulumi.mergeOptions(opts, { aliases }));
  }
}

/** The path of `file`, which is given from the folder of this package, from the working folder: another project may use the package. */
export function packageFile(file: string): string {
  return relative('', join(__dirname, '..', file));
}
