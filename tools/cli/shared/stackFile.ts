import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the configuration of stack `stack` of the project in `folder` is kept. */
export function stackFile(folder: string, stack: string): string {
  return join(folder, `Pulumi.${stack}.yaml`);
}

/** The text of a stack's configuration file without `encryptionsalt`, unless a secret in it needs the salt. */
export function withoutSalt(text: string): string {
  return hasSecrets(text) ? text : text.replace(/^encryptionsalt:.*\n?/m, '');
}

/** Whether a configuration file holds an encrypted value. */
export function hasSecrets(text: string): boolean {
  return /^\s+(- )?secure:/m.test(text);
}

/**
 * Takes out of Pulumi.STACK.yaml what Pulumi wrote there by itself: git tracks that file, and the salt is in the state too.
 * Pulumi writes another one when it next needs it. A file with nothing else in it is removed.
 */
export async function cleanStackFile(folder: string, stack: string): Promise<void> {
  const path = stackFile(folder, stack);
  if (!existsSync(path)) return;
  const text = await readFile(path, 'utf8');
  const clean = withoutSalt(text);
  if (clean.trim() === '') await rm(path);
  else if (clean !== text) await writeFile(path, clean);
}
