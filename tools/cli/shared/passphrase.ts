import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of the passphrase: AES-256, which it is stretched to, holds no more. */
const bytes = 32;

/** File of the passphrase that encrypts the secrets of this project's stacks. Git ignores it. */
export function passphraseFile(folder: string): string {
  return join(folder, '.pulumi-passphrase');
}

/**
 * Sees to it that Pulumi finds a passphrase: the user's own, if `environment` names one, otherwise the file in `folder`, made if
 * there is none.
 * @param hasStacks whether stacks exist already: these can't be read with a new passphrase.
 */
export async function providePassphrase(
  folder: string,
  environment: NodeJS.ProcessEnv,
  hasStacks: () => Promise<boolean>,
): Promise<void> {
  if (environment.PULUMI_CONFIG_PASSPHRASE !== undefined || environment.PULUMI_CONFIG_PASSPHRASE_FILE !== undefined)
    return;
  const file = passphraseFile(folder);
  if (!existsSync(file)) {
    if (await hasStacks()) {
      throw new Error(
        `The passphrase file ${file} is gone, and the stacks here can't be read without it. Put it back, or set ` +
          'PULUMI_CONFIG_PASSPHRASE. If it is lost, start anew: minikube delete -p PROFILE, rm -r .pulumi, npm run up',
      );
    }
    await writeFile(file, randomBytes(bytes).toString('hex'), { mode: 0o600 });
  }
  environment.PULUMI_CONFIG_PASSPHRASE_FILE = file;
}
