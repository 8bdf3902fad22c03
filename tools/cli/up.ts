import { existsSync } from 'node:fs';
import { programFolder, providePrograms } from './programs/providePrograms';
import { readOptions, root, runCommand, say } from './shared/command';
import { keepData } from './shared/lostData';
import { passPreflight } from './shared/passPreflight';
import { passphraseFile } from './shared/passphrase';
import { runPulumi } from './shared/runPulumi';
import { unscheduledPods } from './shared/unscheduledPods';
import { makeStack } from './shared/workspace';

const usage = `npm run up: from nothing to a URL: the cluster, the database and the service.

  npm run up -- --stack staging  another stack than dev
  npm run up -- --lose-data      make a change that deletes the database, such as another namespace
  npm run up -- --fetch          fetch Minikube and the Pulumi CLI into .local/bin where they are missing`;

runCommand(async () => {
  const {
    stack: name,
    fetch,
    'lose-data': loseData,
  } = readOptions(usage, {
    fetch: { type: 'boolean', default: false },
    'lose-data': { type: 'boolean', default: false },
  });
  await providePrograms(['minikube', 'pulumi'], { fetch });
  const configuration = await passPreflight(name);

  const stack = await makeStack(name);
  if (!loseData) await keepData(stack, configuration);
  const { outputs } = await runPulumi(stack, 'up', (options) =>
    stack.up({ ...options, suppressOutputs: true }).catch(async (error: unknown) => {
      for (const line of await unscheduledPods(name)) say(line);
      throw error;
    }),
  );
  const url = String(outputs.url?.value);
  say(`\nIt answers at ${url}\n\nTry:\n  curl ${url}/`);
  say(`  curl ${url}/data -H 'Content-Type: application/json' -d '{"name":"test","value":123}'\n  curl ${url}/data`);
  const suffix = name === 'dev' ? '' : ` -- --stack ${name}`;
  say(`\nWhat runs: npm run status${suffix}    Take it down: npm run down${suffix}`);
  const ownPassphrase = process.env.PULUMI_CONFIG_PASSPHRASE_FILE === passphraseFile(root);
  const exports = [
    ...(ownPassphrase ? ['PULUMI_CONFIG_PASSPHRASE_FILE="$PWD/.pulumi-passphrase"'] : []),
    ...(existsSync(programFolder) ? ['PATH="$PWD/.local/bin:$PATH"'] : []),
  ];
  if (exports.length > 0) say(`For plain \`pulumi up\`, \`pulumi destroy\`, …: export ${exports.join(' ')}`);
});
