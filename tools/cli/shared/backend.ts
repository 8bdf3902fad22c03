import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, sep } from 'node:path';
import { root, say } from './cli';
import { readProject, stackFilesWithSecrets } from './configuration';

/** Folder of the local backend in Pulumi.yaml. The folder is in git, its content is not. */
export const backendFolder = join(root, '.pulumi');

const stateFolder = join(backendFolder, '.pulumi');

/** File of the passphrase that encrypts the secrets of this project's stacks. Git ignores it. */
const passphraseFile = join(root, '.pulumi-passphrase');

/** Whether the state is in the project. PULUMI_BACKEND_URL selects another backend. */
export function usesLocalBackend(): boolean {
  return !process.env.PULUMI_BACKEND_URL;
}

/** The stacks of all projects in the local backend, as PROJECT/STACK. */
export async function listLocalStacks(): Promise<string[]> {
  const files = await readdir(join(stateFolder, 'stacks'), { recursive: true }).catch(() => []);
  return files
    .map((file) => /^(.+)\.json(\.gz|\.zst)?$/.exec(file)?.[1]?.split(sep).join('/'))
    .filter((name) => name !== undefined);
}

/**
 * Sets the passphrase for Pulumi in `environment`, unless the user's environment has one: that of the project. With `create`, it is
 * generated if no stack exists that would need another one.
 */
export async function providePassphrase(environment: NodeJS.ProcessEnv, create: boolean): Promise<void> {
  if (/^https?:/.test(environment.PULUMI_BACKEND_URL ?? '')) return; // such a backend manages its keys
  if (environment.PULUMI_CONFIG_PASSPHRASE !== undefined || environment.PULUMI_CONFIG_PASSPHRASE_FILE) return;
  if (!existsSync(passphraseFile)) {
    const stacks = await listLocalStacks();
    if (stacks.length > 0) {
      throw new Error(
        `${passphraseFile} is missing, and ${stacks.join(', ')} can't be read without its passphrase. ` +
          'Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE, or restore the file. ' +
          'If the passphrase is lost, start over: minikube delete -p PROFILE, rm -r .pulumi/.pulumi, npm run up',
      );
    }
    if (!create) return;
    // 32 bytes: as many as the AES-256 key that Pulumi derives from it.
    await writeFile(passphraseFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  }
  environment.PULUMI_CONFIG_PASSPHRASE_FILE = passphraseFile;
}

/** Removes the files of the local backend, and the passphrase, if no stack or configuration file needs them. */
export async function removeUnusedState(): Promise<void> {
  if (!usesLocalBackend() || (await listLocalStacks()).length > 0) return;
  await rm(stateFolder, { recursive: true, force: true });
  const secrets = await stackFilesWithSecrets(root);
  if (secrets.length > 0) say(`Kept: ${passphraseFile}, for the secrets in ${secrets.join(', ')}`);
  else await rm(passphraseFile, { force: true });
}

/**
 * Removes the locks of killed runs on this machine from `stack`.
 * @throws an Error with the process that holds a lock in use.
 */
export async function removeStaleLocks(stack: string): Promise<void> {
  if (!usesLocalBackend()) return;
  const folder = join(stateFolder, 'locks', 'organization', (await readProject()).name, stack);
  for (const file of await readdir(folder).catch(() => [])) {
    const path = join(folder, file);
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) continue; // removed by its run
    const { pid, hostname: host } = JSON.parse(text) as { readonly pid: number; readonly hostname: string };
    if (host !== hostname() || isRunning(pid)) {
      throw new Error(
        `Stack '${stack}' is locked by process ${pid} on ${host}. Wait until it has ended. ` +
          `If it is not Pulumi: npm run pulumi -- --stack ${stack} cancel`,
      );
    }
    await rm(path, { force: true });
    say('The lock of a killed run was removed.');
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // it runs as another user
  }
}
