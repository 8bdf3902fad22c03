import type { Configuration } from '../../stack/configuration/configuration';
import type { Check } from '../../stack/preflight/check';
import { readFacts } from '../../stack/preflight/facts';
import { judge } from '../../stack/preflight/preflight';
import { findExecutable } from '../database/executable';
import { usePrograms } from './programs/providePrograms';
import { claimedProfiles } from './shared/claimedProfiles';
import { readOptions, root, runCommand, say } from './shared/command';
import { readConfiguration } from './shared/readConfiguration';
import { choosePorts, withPorts } from './shared/stackPorts';
import { formatTable } from './shared/table';

const usage = `npm run doctor: what this machine has, and what it needs. Changes nothing. Exit code 1 if a stack can't run here.

  npm run doctor -- --json           the same as JSON
  npm run doctor -- --stack staging  for another stack than dev`;

runCommand(async () => {
  const { stack, json } = readOptions(usage, { json: { type: 'boolean', default: false } });
  usePrograms();
  const given = await readConfiguration(root, stack);
  const configuration = withPorts(given, await choosePorts(root, stack, given)); // those that npm run up would give it
  const checks = judge(await readFacts(configuration, await ownsProfile(configuration, stack)), configuration);
  const fatal = checks.filter((check) => check.fatal);
  if (json) say(JSON.stringify(checks, undefined, 2));
  else show(checks, fatal.length);
  return fatal.length > 0 ? 1 : 0;
});

/** Characters of a cell: what another program said can be as long as it likes, and is told in full below the table. */
const width = 50;

function show(checks: readonly Check[], fatal: number): void {
  const mark = ({ ok, fatal: fails, found }: Check): string =>
    ok ? (found === 'not known' ? '?' : 'ok') : fails ? 'FAILS' : 'note';
  const cut = (text: string): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text);
  say(
    formatTable(
      ['', 'check', 'found', 'needed'],
      checks.map((check) => [mark(check), check.name, cut(check.found), check.needed]),
    ),
  );
  const list = (title: string, faults: readonly Check[]): void => {
    const lines = faults.map(
      ({ name, found, remedy }) => `  ${name}: ${found.length > width ? `${found}\n    ` : ''}${remedy}`,
    );
    if (lines.length > 0) say(`\n${title}\n${lines.join('\n')}`);
  };
  list(
    'To be mended first:',
    checks.filter((check) => check.fatal),
  );
  list(
    'Good to know:',
    checks.filter((check) => !check.ok && !check.fatal),
  );
  say(
    fatal === 0
      ? '\nThis machine is ready: npm run up'
      : `\nNot ready: ${fatal} of ${checks.length} checks fail. Nothing was changed. npm start runs the service without a cluster.`,
  );
}

/** Whether the stack's state has its Minikube profile; `undefined` where there is no Pulumi to ask. */
async function ownsProfile({ cluster }: Configuration, stack: string): Promise<boolean | undefined> {
  if (cluster.kind !== 'minikube' || (await findExecutable('pulumi')) === undefined) return undefined;
  return (await claimedProfiles(stack)).includes(cluster.profile);
}
