import { existsSync } from 'node:fs';
import { backendFolder, findStack, hasOwnBackend } from './workspace';

/** What `pulumi stack export` gives, as far as it is read here. */
interface Deployment {
  readonly resources?: readonly { readonly type: string; readonly inputs?: { readonly profile?: unknown } }[];
}

/** The Minikube profiles that stack `name` has made, or was about to make when it was interrupted. Changes nothing. */
export async function claimedProfiles(name: string): Promise<string[]> {
  if (hasOwnBackend() && !existsSync(backendFolder)) return [];
  const stack = await findStack(name);
  const state = await stack?.exportStack();
  return profilesIn((state?.deployment ?? {}) as Deployment);
}

/** The profiles that a stack's state tells of: its resources of class MinikubeProfile. */
export function profilesIn({ resources = [] }: Deployment): string[] {
  return resources
    .filter(({ type }) => type === 'pulumi-nodejs:dynamic/minikube:Profile')
    .map(({ inputs }) => inputs?.profile)
    .filter((profile) => typeof profile === 'string');
}
