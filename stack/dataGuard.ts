import * as pulumi from '@pulumi/pulumi';

const profileType = 'pulumi-nodejs:dynamic/minikube:Profile';

/** Resources that hold the data of a stack, or are needed to read it. */
const guardedTypes: readonly string[] = [
  profileType,
  'kubernetes:core/v1:Namespace',
  'kubernetes:core/v1:PersistentVolumeClaim',
  'random:index/randomPassword:RandomPassword',
];

/** Label of a claim whose data another claim has too: updates may delete it. */
export const copyLabel = 'webstack/copy';

interface State {
  readonly type: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

const remedy =
  'The data of this stack would be lost, so nothing was deleted. Undo the change of the configuration or the program, ' +
  'or move the data to a new database: npm run backup -- FILE; npm run up -- --lose-data --restore FILE ' +
  '(plain Pulumi: pulumi config set loseData true, for one pulumi up).';

/**
 * Runs `build`, which creates the stack's resources. An update or preview that would delete or replace a resource with data fails before
 * any change. A cluster that is gone may be recreated. `pulumi destroy` is not affected, as it does not run the program. (`protect` and
 * hooks before deletions would prevent it.)
 * @param ready resources are registered when it resolves, and none if it rejects. A stack with data is built meanwhile
 */
export async function guardData<T>(
  loseData: boolean,
  build: () => T,
  ready: Promise<unknown> = Promise.resolve(),
): Promise<T> {
  ready.catch(() => undefined); // it is awaited below
  const states = loseData ? [] : await readGuardedStates();
  if (states.length === 0) return ready.then(build);

  // No resource is registered until `build` has created all of them, no old one is missing, and `ready` has resolved.
  const made: string[][] = []; // types and names of the guarded ones, each followed by those of its aliases
  const profiles: (pulumi.Resource & { readonly identity: pulumi.Output<string> })[] = [];
  const beforeCreate: pulumi.ResourceHook[] = [];
  let start: (value: pulumi.Resource[]) => void = () => undefined;
  const started = new Promise<pulumi.Resource[]>((resolve) => (start = resolve));
  pulumi.runtime.registerStackTransformation(({ resource, type, name, props, opts }) => {
    const gate = opts.parent ? opts : pulumi.mergeOptions(opts, { dependsOn: started });
    if (!guardedTypes.includes(type)) return { props, opts: gate };
    const aliases = (opts.aliases ?? []).map((alias) => (alias as pulumi.Alias).name);
    made.push([name, ...aliases].map((each) => `${type}::${each}`));
    if (type === profileType) profiles.push(resource as (typeof profiles)[number]);
    return { props, opts: { ...gate, hooks: { ...gate.hooks, beforeCreate } } };
  });
  const outputs = build();

  const unmatched = [...made];
  const missing = states.filter(([urn]) => {
    const match = unmatched.findIndex((names) => names.includes(typeAndName(urn)));
    unmatched.splice(match, match === -1 ? 0 : 1);
    return match === -1;
  });
  if (missing.length > 0)
    throw new pulumi.RunError(`This would delete ${missing.map(([urn]) => describe(urn)).join(', ')}. ${remedy}`);

  const isClusterGone = async (): Promise<boolean> => {
    const [profile] = profiles;
    const [, old] = states.find(([, { type }]) => type === profileType) ?? [];
    if (!profile || !old) return false;
    return (await new Promise((resolve) => profile.identity.apply(resolve))) !== old.outputs.identity;
  };
  const refuseToReplace: pulumi.ResourceHookFunction = async ({ urn, type, newInputs = {} }) => {
    const names = made.find(([own]) => own === typeAndName(urn)) ?? [];
    const [oldUrn = '', old] = states.find(([each]) => names.includes(typeAndName(each))) ?? [];
    if (!old || (type === profileType && oldUrn === urn)) return; // the profile's own provider refuses to replace it
    if (type.startsWith('kubernetes:') && (await isClusterGone())) return;
    throw new Error(`This would replace ${describe(oldUrn)}${causes(old.outputs, newInputs)}. ${remedy}`);
  };
  beforeCreate.push(new pulumi.ResourceHook('data-guard', refuseToReplace, { onDryRun: true }));
  await ready;
  start([]);
  return outputs;
}

async function readGuardedStates(): Promise<[urn: string, state: State][]> {
  const { outputs } = (await pulumi.runtime.invoke('pulumi:pulumi:readStackResourceOutputs', {
    stackName: pulumi.getStack(),
  })) as { outputs: Record<string, State> };
  return Object.entries(outputs).filter(([, state]) => isGuarded(state));
}

/**
 * Whether a resource is the only one with its data or password. A password with `keepers` is of a later generation: an update that
 * replaces it changes it in the database too.
 */
export function isGuarded({ type, outputs }: State): boolean {
  const { metadata, keepers } = outputs as KubernetesObject & { readonly keepers?: unknown };
  return guardedTypes.includes(type) && metadata?.labels?.[copyLabel] === undefined && !keepers;
}

/** The used part of an object's inputs or outputs. */
interface KubernetesObject {
  readonly metadata?: {
    readonly name?: unknown;
    readonly namespace?: unknown;
    readonly labels?: Readonly<Record<string, unknown>>;
  };
  readonly spec?: { readonly storageClassName?: unknown };
}

/** `, as KEY changes from 'OLD' to 'NEW'` for each key of the configuration whose change is known to replace a resource. */
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

/** `TYPE::NAME` of `urn`: without the types of its parents, which an alias or a newer version of the program may change. */
function typeAndName(urn: string): string {
  const [, , types = '', ...name] = urn.split('::');
  return [types.split('$').pop(), ...name].join('::');
}

function describe(urn: string): string {
  const [type = '', ...name] = typeAndName(urn).split('::');
  return `${type.split(':').pop()} '${name.join('::')}'`;
}
