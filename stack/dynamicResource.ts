import * as pulumi from '@pulumi/pulumi';
import { name } from '../package.json';
import type { DynamicType } from './dynamicProviders';

/** What loads the providers: in a project that uses this one as a package, it is in there. */
const file = /[\\/]node_modules[\\/]/.test(__dirname)
  ? `'${name}/stack/dynamicProvider.js'`
  : "process.cwd() + '/stack/dynamicProvider.js'";

/**
 * A resource whose provider is code of this project, listed in `dynamicProviders.ts`.
 *
 * Pulumi's own `dynamic.Resource` writes that code into the state, and a later `delete` or `read` runs what was written. This
 * one writes a line that loads the code of today. Stacks that exist depend on that line: it never changes.
 */
export abstract class DynamicResource extends pulumi.CustomResource {
  constructor(type: DynamicType, name: string, inputs: pulumi.Inputs, opts?: pulumi.CustomResourceOptions) {
    const __provider = `exports.handler = () => require(${file})('${type}');`;
    super(`pulumi-nodejs:dynamic/${type}`, name, { ...inputs, __provider }, opts);
  }
}

/** Whether a resource's state was written with other code than it would be now: an update writes it again. */
export function hasOtherProvider(olds: object, news: object): boolean {
  const of = (state: object): unknown => (state as { readonly __provider?: unknown }).__provider;
  return of(olds) !== of(news);
}
