import * as pulumi from '@pulumi/pulumi';

/**
 * A component. Its type token, `webstack:MODULE:TYPE`, is part of the URNs of its children, so it must never change. Stacks from before
 * 2026-11-25 have the project's name instead of `webstack`.
 */
export abstract class Component extends pulumi.ComponentResource {
  constructor(type: `${'cluster' | 'workloads'}:${string}`, name: string, opts?: pulumi.ComponentResourceOptions) {
    const aliases = [{ type: `${pulumi.getProject()}:${type}` }];
    super(`webstack:${type}`, name, {}, pulumi.mergeOptions(opts, { aliases }));
  }
}

/** Annotations of a Kubernetes object that Pulumi does not wait for. */
export const skipAwait = { 'pulumi.com/skipAwait': 'true' };

/** The package that this file is installed in; `undefined` in the project itself. */
const [, packageName] = /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(__dirname) ?? [];
const file = packageName
  ? `'${packageName.replace('\\', '/')}/stack/dynamicProvider.js'`
  : "process.cwd() + '/stack/dynamicProvider.js'";

/**
 * A resource whose provider is code of this project: `stack/dynamicProvider.js` exports it by `type`.
 *
 * Pulumi's `dynamic.Resource` stores the provider's code in the state, so that a later `delete` runs old code. This class stores a line
 * that loads the current code. Existing stacks depend on that line: it must never change.
 */
export abstract class DynamicResource extends pulumi.CustomResource {
  constructor(type: string, name: string, inputs: pulumi.Inputs, opts?: pulumi.CustomResourceOptions) {
    const __provider = `exports.handler = () => require(${file})('${type}');`;
    super(`pulumi-nodejs:dynamic/${type}`, name, { ...inputs, __provider }, opts);
  }
}

/** `update` of a resource that only has state. */
export async function keepState<I extends object, S extends object>(_id: string, olds: S, news: I) {
  return { outs: { ...olds, ...news } };
}
