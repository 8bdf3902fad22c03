import * as pulumi from '@pulumi/pulumi';

import program = require('../../../stack/index');

import { type Registered, recordResources } from './record';
import { project, values } from './source';

export type Program = typeof program;

export interface Graph {
  readonly resources: readonly Registered[];
  /** The only resource of `kind`, such as `Deployment`, and `name`. */
  one(kind: string, name: string): Registered;
  readonly outputs: Awaited<ReturnType<typeof program>>;
}

/** What `stack/index.ts` makes of the default configuration with `changes`, without a look at this machine. */
export async function graphOf(changes: Record<string, string> = {}, used: Program = program): Promise<Graph> {
  const configuration = Object.entries(values(changes)).map(([key, value]) => [`${project}:${key}`, value]);
  const secrets = [`${project}:registryPassword`, `${project}:mongoUri`];
  const { result: outputs, resources } = await recordResources(() => {
    pulumi.runtime.setAllConfig(Object.fromEntries(configuration) as Record<string, string>, secrets);
    return used(async () => '');
  });
  return {
    outputs,
    resources,
    one(kind, name) {
      const [found, ...others] = resources.filter(
        (resource) => resource.type.endsWith(`:${kind}`) && resource.name === name,
      );
      if (!found || others.length > 0) throw new Error(`${found ? 'more than one' : 'no'} ${kind} '${name}'`);
      return found;
    },
  };
}

/** The value of `output`. */
export function resolved<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply((value) => resolve(value as T)));
}
