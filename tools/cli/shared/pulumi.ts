import { mkdir } from 'node:fs/promises';
import which from 'which';
import { parseDocument } from 'yaml';
import { requirePrograms } from '../programs/programs';
import { backendFolder, listLocalStacks, providePassphrase, usesLocalBackend } from './backend';
import { messageOf, npmRun, root } from './cli';
import { cleanStackFile, readProject } from './configuration';
import { read } from './process';

/** Used parts of the output of `pulumi stack export`. Secrets are encrypted. */
export interface StackState {
  readonly deployment: {
    readonly resources?: readonly ResourceState[];
    /** Operations of a killed run. */
    readonly pending_operations?: readonly {
      readonly type: string;
      readonly resource: Pick<ResourceState, 'urn' | 'inputs'>;
    }[];
  };
}

interface ResourceState {
  readonly urn: string;
  readonly type: string;
  /** Empty for components. */
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** Time of the last change. */
  readonly modified?: string;
}

/**
 * Standard output of the Pulumi CLI in the project.
 * @throws an Error with its error output.
 */
export function pulumi(args: readonly string[], input = ''): Promise<string> {
  return read('pulumi', [...args, '--non-interactive'], { cwd: root, input }).catch((error: Error) => {
    if (!error.message.includes('PULUMI_ACCESS_TOKEN')) throw error;
    const login = `Log in: pulumi login ${process.env.PULUMI_BACKEND_URL ?? ''}`.trim();
    const local = 'Or unset PULUMI_BACKEND_URL to keep the state in this project, without an account.';
    throw new Error(`${error.message}\n${login}. ${local}`);
  });
}

/** The state of `stack`; `undefined` without such a stack, or without the Pulumi CLI. Changes nothing, and selects no stack. */
export async function exportState(stack: string): Promise<StackState | undefined> {
  if (!(await which('pulumi', { nothrow: true }))) return undefined;
  const name = `${(await readProject()).name}/${stack}`;
  if (usesLocalBackend() && !(await listLocalStacks()).includes(name)) return undefined; // faster than Pulumi
  try {
    return JSON.parse(await pulumi(['stack', 'export', '--stack', stack])) as StackState;
  } catch (error) {
    if (/no stack named/.test(messageOf(error))) return undefined;
    throw error;
  }
}

/** The Minikube profiles that a stack has created, or was creating when it was interrupted. */
export function profilesIn(state: StackState | undefined): string[] {
  return (state?.deployment.resources ?? [])
    .filter(({ type }) => /^pulumi-nodejs:dynamic.*:Profile$/.test(type))
    .map(({ inputs }) => inputs?.profile)
    .filter((profile) => typeof profile === 'string');
}

/** Ends of the types of slow resources, and what to call them. Workloads have their own names. */
const slowTypes: Readonly<Record<string, string>> = {
  'minikube:Registry': 'registry',
  'minikube:Start': 'Minikube',
  'image:Image': 'image',
};
const workloadTypes = ['v1:StatefulSet', 'v1:Deployment'];

/**
 * The slow resources that an update changed, with `seconds` since its `start`, in milliseconds since 1970.
 */
export function readPhases(state: StackState, start: number) {
  return (state.deployment.resources ?? [])
    .map(({ type, urn, modified = '' }) => {
      const [kind = '', name = ''] = [type.split('/').pop(), urn.split('::').pop()];
      const seconds = (Date.parse(modified) - start) / 1000;
      return { name: workloadTypes.includes(kind) ? name : (slowTypes[kind] ?? ''), seconds };
    })
    .filter(({ name, seconds }) => name !== '' && seconds > 0)
    .sort((one, other) => one.seconds - other.seconds);
}

/** Used outputs of a stack. */
export interface StackOutputs {
  readonly kubeconfig: string;
  readonly namespace: string;
  /** URL of the first service. */
  readonly url: string;
  /** URL and health check of each service that can be reached from this machine, by name. */
  readonly services: Readonly<Record<string, { readonly url: string; readonly health: string }>>;
  /** Image of the service, by digest. */
  readonly imageDigest: string;
  /** The Minikube profile, or the context of an existing cluster. The kubeconfig's context has the same name. */
  readonly profile: string;
}

/**
 * The outputs of `stack`, with decrypted secrets.
 * @throws an Error if there is no such stack, or it has no cluster yet.
 */
export async function readOutputs(stack: string): Promise<StackOutputs> {
  await requirePrograms(['pulumi']);
  await providePassphrase(process.env, false);
  const args = ['stack', 'output', '--json', '--show-secrets', '--stack', stack];
  const json = await pulumi(args).catch((error: unknown) => {
    if (!/no stack named|unable to open state/.test(messageOf(error))) throw error;
    throw new Error(`There is no stack '${stack}'. To create it: ${npmRun('up', stack)}`);
  });
  const { kubeconfig, ...outputs } = JSON.parse(json) as Partial<StackOutputs>;
  if (!kubeconfig) {
    throw new Error(
      `Stack '${stack}' has no cluster yet, as an earlier run did not complete. To continue: ${npmRun('up', stack)}`,
    );
  }
  const known = { namespace: '', url: '', services: {}, imageDigest: '', profile: '', ...outputs };
  const document = parseDocument(kubeconfig); // of one context
  document.setIn(['contexts', 0, 'context', 'namespace'], known.namespace);
  return { ...known, kubeconfig: document.toString() };
}

/** Creates `stack` without selecting it. */
export async function createStack(stack: string): Promise<void> {
  if (usesLocalBackend()) await mkdir(backendFolder, { recursive: true });
  await providePassphrase(process.env, true);
  await cleanStackFile(root, stack); // a salt that was committed with the file is of another passphrase
  await pulumi(['stack', 'init', stack, '--no-select']);
}
