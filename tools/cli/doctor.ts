import which from 'which';
import { type Check, unknown } from '../../stack/preflight/check';
import { readFacts } from '../../stack/preflight/facts';
import { describeFaults, judge } from '../../stack/preflight/preflight';
import { usePrograms } from './programs/programs';
import { flag, formatTable, npmRun, readOptions, runCommand, say } from './shared/cli';
import { planConfiguration } from './shared/configuration';
import { exportState, profilesIn, readOutputs, type StackState } from './shared/pulumi';

const usage = `npm run doctor: checks this machine, and changes nothing. Exit code 1 if a stack can't run here.

  npm run doctor -- --json  print JSON`;

/** Characters of a cell. Longer output of other programs is shown below the table. */
const width = 50;

runCommand(async () => {
  const { stack, json } = readOptions(usage, { json: flag });
  usePrograms();
  const state = await exportState(stack).catch((error: Error) => error);
  const known = state instanceof Error ? undefined : state;
  const { configuration } = await planConfiguration(stack, known !== undefined);
  const { cluster } = configuration;
  const ownsProfile =
    state instanceof Error
      ? state
      : cluster.kind === 'minikube' && (await which('pulumi', { nothrow: true }))
        ? profilesIn(known).includes(cluster.profile)
        : undefined;
  const checks = judge(await readFacts(configuration, ownsProfile), configuration);
  say(json ? JSON.stringify(checks, undefined, 2) : format(checks, stack));
  const dev = json ? undefined : await describeDevMode(stack, known);
  if (dev !== undefined) say(`\nStack '${stack}': ${dev}`);
  return checks.some((check) => check.fatal) ? 1 : 0;
});

/** The code that the pods run, if the stack is in dev mode. */
async function describeDevMode(stack: string, state: StackState | undefined): Promise<string | undefined> {
  if (!state?.deployment.resources?.some(({ urn }) => urn.endsWith('kubernetes:core/v1:ConfigMap::web-dev')))
    return undefined;
  const { StackCluster } = await import('./shared/kubernetes.js'); // takes a second, only needed in dev mode
  const { describeRunningCode, readRunningCode } = await import('./shared/pods.js');
  const up = npmRun('up', stack);
  try {
    const cluster = new StackCluster(await readOutputs(stack));
    return describeRunningCode(await readRunningCode(cluster, await cluster.pods()), up);
  } catch {
    return `dev mode; the cluster does not answer, so the pods' code is unknown. To return to the image: ${up}`;
  }
}

function format(checks: readonly Check[], stack: string): string {
  const fatal = checks.filter((check) => check.fatal);
  const notes = checks.filter((check) => !check.ok && !check.fatal);
  const mark = ({ ok, fatal: fails, found }: Check): string =>
    ok ? (found === unknown ? '?' : 'ok') : fails ? 'FAILS' : 'note';
  const cut = (text: string): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text);
  const rows = checks.map((check) => [mark(check), check.name, cut(check.found), check.needed]);
  return [
    formatTable(['', 'check', 'found', 'needed'], rows),
    ...(fatal.length > 0 ? [`\nRequired:\n${describeFaults(fatal)}`] : []),
    ...(notes.length > 0 ? [`\nNotes:\n${describeFaults(notes)}`] : []),
    fatal.length === 0
      ? `\nThis machine is ready: ${npmRun('up', stack)}`
      : `\nNot ready: ${fatal.length} of ${checks.length} checks fail. Nothing was changed. npm start runs the service without a cluster.`,
  ].join('\n');
}
