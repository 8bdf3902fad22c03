import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Stack } from '@pulumi/pulumi/automation';
import { requirePrograms } from './programs/providePrograms';
import { readOptions, root, runCommand, say } from './shared/command';
import { passphraseFile } from './shared/passphrase';
import { runPulumi } from './shared/runPulumi';
import { cleanStackFile, hasSecrets } from './shared/stackFile';
import { backendFolder, hasOwnBackend, openWorkspace } from './shared/workspace';

const usage = `npm run down: deletes all that npm run up made, the data too.

  npm run down -- --stack staging  another stack than dev`;

runCommand(async () => {
  const { stack: name } = readOptions(usage, {});
  const nothing = `There is no stack '${name}' here: nothing to take down.`;
  if (hasOwnBackend() && !existsSync(backendFolder)) return say(nothing);

  await requirePrograms(['pulumi', 'minikube']);
  const workspace = await openWorkspace();
  const names = async (): Promise<string[]> => (await workspace.listStacks()).map((stack) => stack.name);
  if ((await names()).includes(name)) await remove(await Stack.select(name, workspace));
  else say(nothing);
  if (hasOwnBackend() && (await names()).length === 0) await removeBackend();
});

async function remove(stack: Stack): Promise<void> {
  await runPulumi(stack, 'down', (options) => stack.destroy(options));
  await stack.workspace.removeStack(stack.name, { preserveConfig: true });
  await cleanStackFile(root, stack.name);
  say(`\nStack '${stack.name}' and all that it made are gone.`);
}

/** Without a stack nothing needs the backend's history, nor the passphrase, unless a secret in a configuration file does. */
async function removeBackend(): Promise<void> {
  await rm(backendFolder, { recursive: true });
  const files = (await readdir(root)).filter((file) => /^Pulumi\..+\.yaml$/.test(file));
  const texts = await Promise.all(files.map((file) => readFile(join(root, file), 'utf8')));
  const secret = files.filter((_, index) => hasSecrets(texts[index] ?? ''));
  if (secret.length > 0) say(`Kept: ${passphraseFile(root)}, for the secrets in ${secret.join(', ')}`);
  else await rm(passphraseFile(root), { force: true });
}
