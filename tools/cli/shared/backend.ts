import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { access, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, sep } from 'node:path';
import { root, say } from './cli';
import { readProject, stackFilesWithSecrets } from './configuration';

/** Folder of the local backend that Pulumi.yaml names. It is in git; what Pulumi keeps in it is not. */
export const backendFolder = join(root, '.pulumi');

/** Pulumi's own folder in there. */
const stateFolder = join(backendFolder, '.pulumi');

/** Bytes of a new passphrase: the AES-256 key that is derived from it holds no more. */
const passphraseBytes = 32;

/** File of the passphrase that encrypts the secrets of this project's stacks. Git ignores it. */
export const passphraseFile = join(root, '.pulumi-passphrase');

/** Whether the state is kept in the project: PULUMI_BACKEND_URL can name another backend. */
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
 * Makes sure that Pulumi finds a passphrase: that of the user's environment, else the one in the project. There it is made by
 * `create` if no stack exists that would need another one.
 */
export async function providePassphrase(environment: NodeJS.ProcessEnv, create: boolean): Promise<void> {
  if (/^https?:/.test(environment.PULUMI_BACKEND_URL ?? '')) return; // such a backend has keys of its own
  if (environment.PULUMI_CONFIG_PASSPHRASE !== undefined) return;
  const named = environment.PULUMI_CONFIG_PASSPHRASE_FILE;
  if (named) {
    await access(named).catch((error: Error) => {
      throw new Error(
        `The file that PULUMI_CONFIG_PASSPHRASE_FILE names can't be read: ${error.message}. ` +
          `Correct the path, or unset the variable to use ${passphraseFile}`,
      );
    });
    return;
  }
  if (!existsSync(passphraseFile)) {
    const stacks = await listLocalStacks();
    if (stacks.length > 0) {
      throw new Error(
        `There is no passphrase file ${passphraseFile}, and ${stacks.join(', ')} can't be read without its passphrase. ` +
          'Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE, or put the file back. ' +
          'If the passphrase is lost, start anew: minikube delete -p PROFILE, rm -r .pulumi/.pulumi, npm run up',
      );
    }
    if (!create) return;
    await writeFile(passphraseFile, randomBytes(passphraseBytes).toString('hex'), { mode: 0o600 });
  }
  environment.PULUMI_CONFIG_PASSPHRASE_FILE = passphraseFile;
}

/** Removes what the local backend keeps, and the passphrase, if no stack and no configuration file needs them any more. */
export async function removeUnusedState(): Promise<void> {
  if (!usesLocalBackend() || (await listLocalStacks()).length > 0) return;
  await rm(stateFolder, { recursive: true, force: true });
  const secrets = await stackFilesWithSecrets(root);
  if (secrets.length > 0) say(`Kept: ${passphraseFile}, for the secrets in ${secrets.join(', ')}`);
  else await rm(passphraseFile, { force: true });
}

/**
 * Removes the locks that killed runs on this machine have left on `stack`, and none that is in use.
 * @throws an Error that names the run that holds the stack.
 */
export async function removeStaleLocks(stack: string): Promise<void> {
  if (!usesLocalBackend()) return;
  const folder = join(stateFolder, 'locks', 'organization', (await readProject()).name, stack);
  for (const file of await readdir(folder).catch(() => [])) {
    const path = join(folder, file);
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) continue; // its run has ended
    const { pid, hostname: host } = JSON.parse(text) as { readonly pid: number; readonly hostname: string };
    if (host !== hostname() || isRunning(pid)) {
      throw new Error(
        `Stack '${stack}' is locked by process ${pid} on ${host}. Wait for its end. ` +
          `If that is no Pulumi: npm run pulumi -- --stack ${stack} cancel`,
      );
    }
    await rm(path, { force: true });
    say('A killed run had left a lock, which was removed.');
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // it runs, as another user
  }
}
