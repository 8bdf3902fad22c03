import * as pulumi from '@pulumi/pulumi';

const profileType = 'pulumi-nodejs:dynamic/minikube:Profile';

/** What holds the data of a stack, or is needed to read it. */
const guardedTypes: readonly string[] = [
  profileType,
  'kubernetes:core/v1:Namespace',
  'kubernetes:core/v1:PersistentVolumeClaim',
  'random:index/randomPassword:RandomPassword',
];

/** Label of a claim that holds only what another one holds too: an update may delete it. */
export const copyLabel = 'webstack/copy';

interface State {
  readonly type: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

const remedy =
  'The data of this stack would be lost, so nothing was deleted. Undo the change of the configuration or the program, ' +
  'or save the data, make a new database and put them back: npm run backup -- FILE; npm run up -- --lose-data --restore FILE ' +
  '(plain Pulumi: pulumi config set loseData true, for one pulumi up).';

/**
 * Runs `build`, which makes the stack's resources, so that the update, or its preview, fails before it deletes or replaces a
 * resource that holds data. A cluster that is gone already may be made again. `pulumi destroy` is not affected: it does not
 * run the program. (`protect` would stop it, and so would a hook before deletions, which the engine can't call then.)
 */
export async function guardData<T>(loseData: boolean, build: () => T): Promise<T> {
  const states = loseData ? new Map<string, State>() : await readGuardedStates();
  if (states.size === 0) return build();

  // No resource is registered until `build` has made them all and every old one is among them.
  const made = new UrnMap();
  const beforeCreate: pulumi.ResourceHook[] = [];
  let start: (value: pulumi.Resource[]) => void = () => undefined;
  const started = new Promise<pulumi.Resource[]>((resolve) => (start = resolve));
  pulumi.runtime.registerStackTransformation(({ resource, type, name, props, opts }) => {
    made.add(resource, type, name, opts);
    const gate = opts.parent ? opts : pulumi.mergeOptions(opts, { dependsOn: started });
    return { props, opts: guardedTypes.includes(type) ? { ...gate, hooks: { ...gate.hooks, beforeCreate } } : gate };
  });
  const outputs = build();

  const missing = [...states.keys()].filter((urn) => made.find(urn) === undefined);
  if (missing.length > 0) throw new pulumi.RunError(`This would delete ${missing.map(describe).join(', ')}. ${remedy}`);

  const replaced = new Map([...states].map(([urn, state]) => [made.find(urn)?.urn, { urn, ...state }]));
  const profile = made.ofType(profileType) as (pulumi.Resource & { identity: pulumi.Output<string> }) | undefined;
  const oldProfile = [...states.values()].find(({ type }) => type === profileType);
  const isClusterGone = async (): Promise<boolean> => {
    if (!profile || !oldProfile) return false;
    return (await new Promise((resolve) => profile.identity.apply(resolve))) !== oldProfile.outputs.identity;
  };
  const refuseToReplace: pulumi.ResourceHookFunction = async ({ urn, type, newInputs = {} }) => {
    const old = replaced.get(urn);
    if (!old || (type === profileType && old.urn === urn)) return; // the profile's own provider refuses to replace it
    if (type.startsWith('kubernetes:') && (await isClusterGone())) return;
    throw new Error(`This would replace ${describe(old.urn)}${causes(old.outputs, newInputs)}. ${remedy}`);
  };
  beforeCreate.push(new pulumi.ResourceHook('data-guard', refuseToReplace, { onDryRun: true }));
  start([]);
  return outputs;
}

async function readGuardedStates(): Promise<Map<string, State>> {
  const { outputs } = (await pulumi.runtime.invoke('pulumi:pulumi:readStackResourceOutputs', {
    stackName: pulumi.getStack(),
  })) as { outputs: Record<string, State> };
  return new Map(Object.entries(outputs).filter(([, state]) => isGuarded(state)));
}

/**
 * Whether a resource holds data, or a password of them, that nothing else holds. A password with `keepers` is of a later generation:
 * the same update gives the database another one.
 */
export function isGuarded({ type, outputs }: State): boolean {
  const { metadata, keepers } = outputs as KubernetesObject & { readonly keepers?: unknown };
  return guardedTypes.includes(type) && metadata?.labels?.[copyLabel] === undefined && !keepers;
}

/** Resources by their URNs, and by those of their aliases. */
class UrnMap {
  private readonly known = new Map<pulumi.Resource, { type: string; types: string[]; urns: string[] }>();

  add(resource: pulumi.Resource, type: string, name: string, { parent, aliases = [] }: pulumi.ResourceOptions): void {
    const others = aliases.filter((alias): alias is pulumi.Alias => typeof alias === 'object' && !('apply' in alias));
    const parents = [parent, ...others.flatMap((alias) => alias.parent ?? [])];
    const types = parents
      .flatMap((of) => this.known.get(of as pulumi.Resource)?.types ?? [''])
      .flatMap((path) => [type, ...others.flatMap((alias) => alias.type ?? [])].map((last) => path + last));
    const urns = types.flatMap((path) =>
      [name, ...others.flatMap((alias) => alias.name ?? [])].map(
        (last) => `urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::${path}::${last}`,
      ),
    );
    this.known.set(resource, { type, types: types.map((path) => `${path}$`), urns });
  }

  /** The resource that `urn` is, or is an alias of, by its own URN. */
  find(urn: string): { readonly urn: string } | undefined {
    const entry = [...this.known.values()].find(({ urns }) => urns.includes(urn));
    return entry && { urn: entry.urns[0]! };
  }

  ofType(type: string): pulumi.Resource | undefined {
    return [...this.known].find(([, entry]) => entry.type === type)?.[0];
  }
}

/** `, as KEY changes from 'OLD' to 'NEW'` for each key of the configuration that is known to replace a resource. */
export function causes(olds: KubernetesObject, news: KubernetesObject): string {
  const keys = ({ metadata, spec }: KubernetesObject): Record<string, unknown> => ({
    namespace: metadata?.namespace ?? metadata?.name,
    storageClass: spec?.storageClassName,
  });
  const [before, after] = [keys(olds), keys(news)];
  return Object.keys(after)
    .filter((key) => after[key] !== undefined && before[key] !== after[key])
    .map((key) => `, as ${key} changes from '${before[key]}' to '${after[key]}'`)
    .join('');
}

interface KubernetesObject {
  readonly metadata?: {
    readonly name?: unknown;
    readonly namespace?: unknown;
    readonly labels?: Readonly<Record<string, unknown>>;
  };
  readonly spec?: { readonly storageClassName?: unknown };
}

function describe(urn: string): string {
  const [, , type = '', ...name] = urn.split('::');
  return `${type.split(':').pop()} '${name.join('::')}'`;
}
