import * as pulumi from '@pulumi/pulumi';
import { MockMonitor } from '@pulumi/pulumi/runtime/mocks';
import { specialSecretSig, specialSigKey } from '@pulumi/pulumi/runtime/rpc';
import { project } from './source';

/** A resource as the engine was asked for it. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  /** Its URN without stack and project: the types of its parents and of itself, and its name. */
  readonly urn: string;
  /** Other types that it is found by in an older state. */
  readonly aliases: readonly string[];
  /** Type and name of its parent; `stack` if it has none. */
  readonly parent: string;
  /** Type and name of the resource that it is deleted with. */
  readonly deletedWith: string | undefined;
  /** Types and names of the resources that it is told to depend on. */
  readonly dependsOn: readonly string[];
  /** The inputs, secrets unwrapped. */
  readonly inputs: Tree;
  readonly hooks: pulumi.ResourceHookBinding;
  readonly ignoreChanges: readonly string[];
  readonly deleteBeforeReplace: boolean;
  /** Names of the inputs that are secret. */
  readonly secrets: readonly string[];
}

/** Plain data, looked into by keys; what is not there is `undefined`. */
export interface Tree {
  readonly [key: string]: Tree;
}

/** What providers would answer, beyond the inputs. Any other type is refused. */
const answers: Record<string, object> = {
  'pulumi:pulumi:Stack': {},
  'pulumi:providers:kubernetes': {},
  'pulumi-nodejs:dynamic/minikube:Profile': { identity: 'identity' },
  'pulumi-nodejs:dynamic/minikube:Location': {},
  'pulumi-nodejs:dynamic/minikube:Start': { kubeconfig: 'kubeconfig', uid: 'uid' },
  'pulumi-nodejs:dynamic/minikube:Registry': { identity: '0123456789abcdef' },
  'pulumi-nodejs:dynamic/minikube:Image': {},
  'pulumi-nodejs:dynamic/docker:BuiltImages': {},
  'random:index/randomPassword:RandomPassword': { result: 'generated' },
  'lab:Apps': {}, // of stack/cluster/README.md
};

// Pulumi's mocks have no answer to this call: a resource with a hook would never be made.
Object.assign(MockMonitor.prototype, {
  registerResourceHook: (_request: unknown, answered: (error: null) => void) => answered(null),
});

function answer(type: string, inputs: Record<string, unknown>): object {
  if (type.startsWith('webstack:')) return {}; // our components
  if (type.startsWith('kubernetes:')) return {};
  if (type === 'docker:index/image:Image') {
    return { repoDigest: `${String(inputs.imageName).replace(/:[^:/]*$/, '')}@sha256:${'0'.repeat(64)}` };
  }
  const known = answers[type];
  if (!known) throw new Error(`The test does not know what a ${type} is.`);
  return known;
}

/**
 * Runs `program` as a stack whose engine makes nothing, and returns each resource that it registers.
 * @param states what the stack has already, by URN; nothing if it is new
 */
export async function recordResources<T>(
  program: () => Promise<T>,
  states: Readonly<Record<string, object>> = {},
): Promise<{ result: T; resources: Registered[] }> {
  const made = new Map<pulumi.Resource, { id: string; opts: pulumi.CustomResourceOptions }>();
  const asked = new Map<string, Record<string, unknown>>();
  await pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs }) {
        const id = `${type} ${name}`;
        if (asked.has(id)) throw new Error(`${id} is made twice`);
        asked.set(id, inputs);
        const state: Record<string, unknown> = { ...inputs, ...answer(type, inputs) };
        const { metadata } = state as { metadata?: object };
        if (metadata)
          state.metadata = { name: `${name}-suffix`, creationTimestamp: '2026-11-26T10:00:00Z', ...metadata };
        const { opts } = [...made.values()].find((it) => it.id === id) ?? {};
        for (const key of opts?.additionalSecretOutputs ?? []) {
          // as the engine does
          if (state[key] !== undefined) state[key] = pulumi.secret(state[key]);
        }
        return { id: `${name}-id`, state };
      },
      call({ token }) {
        if (token === 'pulumi:pulumi:readStackResourceOutputs') return { outputs: states };
        throw new Error(`The program calls ${token}.`);
      },
    },
    project,
    'test',
  );

  let result: T | undefined;
  await pulumi.runtime.runInPulumiStack(async () => {
    pulumi.runtime.registerStackTransformation(({ resource, type, name, opts }) => {
      made.set(resource, { id: `${type} ${name}`, opts });
      return undefined;
    });
    result = await program();
  });
  await Promise.all([...made.keys()].map(({ urn }) => new Promise((resolve) => urn.apply(resolve))));

  const typesOf = (resource: pulumi.Resource): string[] => {
    const { id = '', opts } = made.get(resource) ?? {};
    const [type = ''] = id.split(' ');
    return [...(opts?.parent ? typesOf(opts.parent) : []), type];
  };
  const idOf = (resource: pulumi.Resource): string => made.get(resource)?.id ?? 'unknown';
  const record = async ([resource, { id, opts }]: [
    pulumi.Resource,
    { id: string; opts: pulumi.CustomResourceOptions },
  ]) => {
    const [type = '', ...name] = id.split(' ');
    // Some wait for the clients of a backing service.
    const dependsOn = await new Promise<unknown>((resolve) => pulumi.output(opts.dependsOn ?? []).apply(resolve));
    const inputs = asked.get(id) ?? {};
    return {
      type,
      name: name.join(' '),
      urn: `${typesOf(resource).join('$')}::${name.join(' ')}`,
      aliases: (opts.aliases ?? []).map((alias) => String((alias as pulumi.Alias).type)),
      parent: opts.parent ? idOf(opts.parent) : 'stack',
      deletedWith: opts.deletedWith && idOf(opts.deletedWith as pulumi.Resource),
      dependsOn: [dependsOn as pulumi.Resource | pulumi.Resource[]].flat().map(idOf),
      hooks: opts.hooks ?? {},
      ignoreChanges: opts.ignoreChanges ?? [],
      deleteBeforeReplace: opts.deleteBeforeReplace ?? false,
      inputs: unwrap(inputs) as Tree,
      secrets: Object.keys(inputs).filter((key) => isSecret(inputs[key])),
    };
  };
  return { result: result!, resources: await Promise.all([...made].map(record)) };
}

function isSecret(value: unknown): value is { value: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as Record<string, unknown>)[specialSigKey] === specialSecretSig
  );
}

function unwrap(value: unknown): unknown {
  if (isSecret(value)) return unwrap(value.value);
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unwrap(item)]));
}
