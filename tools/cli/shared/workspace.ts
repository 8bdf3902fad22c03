import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalWorkspace, Stack, StackNotFoundError } from '@pulumi/pulumi/automation';
import { root } from './command';
import { providePassphrase } from './passphrase';
import { cleanStackFile } from './stackFile';

/** Folder of the local backend that Pulumi.yaml names. It must exist. */
export const backendFolder = join(root, '.pulumi');

/** Whether state is kept in the project: the user may have set another place. */
export function hasOwnBackend(): boolean {
  return process.env.PULUMI_BACKEND_URL === undefined;
}

/** Stack `name`, made if it is not there, with its backend and passphrase. */
export async function makeStack(name: string): Promise<Stack> {
  await cleanStackFile(root, name); // a salt that came with the file, by somebody's commit, is of another passphrase
  return Stack.createOrSelect(name, await openWorkspace());
}

/**
 * Stack `name`.
 * @throws if there is none.
 */
export async function openStack(name: string): Promise<Stack> {
  const stack = await findStack(name);
  if (stack) return stack;
  throw new Error(
    `There is no stack '${name}' here. Make it: npm run up${name === 'dev' ? '' : ` -- --stack ${name}`}`,
  );
}

/** Stack `name`, `undefined` if there is none. */
export async function findStack(name: string): Promise<Stack | undefined> {
  try {
    return await Stack.select(name, await openWorkspace());
  } catch (error) {
    if (error instanceof StackNotFoundError) return undefined;
    throw error;
  }
}

/** The project's workspace, with its backend and passphrase. */
export async function openWorkspace(): Promise<LocalWorkspace> {
  if (hasOwnBackend()) await mkdir(backendFolder, { recursive: true });
  const workspace = await LocalWorkspace.create({ workDir: root });
  await providePassphrase(root, process.env, async () => (await workspace.listStacks()).length > 0);
  return workspace;
}
