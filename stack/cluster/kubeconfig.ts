import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, resolve } from 'node:path';

/** Loaded when it is needed: a stack on Minikube does without, and its `pulumi up` is 20 ms faster. */
const yaml = (): typeof import('yaml') => require('yaml') as typeof import('yaml');

/** A kubeconfig, as far as it is understood here: all else in it is kept as it is. */
export interface Kubeconfig {
  readonly clusters?: readonly { readonly name: string; readonly cluster: Fields }[];
  readonly users?: readonly { readonly name: string; readonly user: Fields & { readonly exec?: Fields } }[];
  readonly contexts?: readonly { readonly name: string; readonly context: ContextFields }[];
}

type Fields = Readonly<Record<string, unknown>>;
type ContextFields = Fields & { readonly cluster: string; readonly user: string };

/**
 * Reads the kubeconfig as kubectl does: the file `path` if it is given, else those that KUBECONFIG lists, else the user's own.
 * Of entries with the same name the first file's counts. Relative paths become absolute ones. `~` is the home folder.
 * @throws if a file can't be read, except for a missing one of KUBECONFIG's.
 */
export function readKubeconfig(path: string | undefined, environment: NodeJS.ProcessEnv): Kubeconfig {
  const listed = path !== undefined ? [path] : (environment.KUBECONFIG ?? '').split(delimiter).filter(Boolean);
  const files = (listed.length > 0 ? listed : ['~/.kube/config']).map((file) =>
    file.replace(/^~(?=$|[/\\])/, homedir()),
  );
  const read = (files.length > 1 ? files.filter((file) => existsSync(file)) : files).map(readFile);
  return {
    clusters: read.flatMap(({ clusters }) => clusters),
    users: read.flatMap(({ users }) => users),
    contexts: read.flatMap(({ contexts }) => contexts),
  };
}

/**
 * The text of a kubeconfig with `context` alone, which is the current one, and its cluster and user.
 * @param namespace of that context, in place of its own
 * @throws if there is no such context, with the names of those that there are.
 */
export function minify(kubeconfig: Kubeconfig, context: string, namespace?: string): string {
  const entry = kubeconfig.contexts?.find(({ name }) => name === context);
  if (entry === undefined) {
    const names = (kubeconfig.contexts ?? []).map(({ name }) => name).join(', ') || 'none';
    throw new Error(`it has no context '${context}'; it has: ${names}`);
  }
  return yaml().stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': context,
    contexts: [{ ...entry, context: { ...entry.context, ...(namespace !== undefined && { namespace }) } }],
    clusters: [kubeconfig.clusters?.find(({ name }) => name === entry.context.cluster)],
    users: [kubeconfig.users?.find(({ name }) => name === entry.context.user)],
  });
}

function readFile(file: string): Required<Kubeconfig> {
  const { clusters, users, contexts } = (yaml().parse(readFileSync(file, 'utf8')) ?? {}) as Kubeconfig;
  const absolute = <T extends Fields>(fields: T, ...keys: readonly string[]): T => {
    const paths = keys.filter((key) => fields[key]).map((key) => [key, resolve(dirname(file), String(fields[key]))]);
    return { ...fields, ...Object.fromEntries(paths) };
  };
  return {
    contexts: contexts ?? [],
    clusters: (clusters ?? []).map((it) => ({ ...it, cluster: absolute(it.cluster, 'certificate-authority') })),
    users: (users ?? []).map(({ name, user }) => {
      const { exec } = user;
      const own = absolute(user, 'client-certificate', 'client-key', 'tokenFile');
      const isPath = /[\\/]/.test(String(exec?.command)); // a command without a separator is looked for on PATH
      return { name, user: exec && isPath ? { ...own, exec: absolute(exec, 'command') } : own };
    }),
  };
}
