import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { assertPreflight } from '../../stack/preflight/preflight';
import { providePrograms } from './programs/programs';
import { describeRequests, flag, npmRun, option, readOptions, root, runCommand, say, userPath } from './shared/cli';
import { planConfiguration, readProject, readValues, stackFile, writePorts } from './shared/configuration';
import { withPrivateFile } from './shared/process';
import { createStack, exportState, readOutputs, readPhases, type StackOutputs, type StackState } from './shared/pulumi';
import { runUpdate } from './shared/update';

const usage = `npm run up: creates or updates the cluster, the database and the service.

  npm run up -- --preview       show what would change, without deploying it
  npm run up -- --restore FILE  restore a backup of npm run backup into the stack
  npm run up -- --lose-data     allow an update that deletes data, such as a new namespace
  npm run up -- --dev           put the pods in dev mode, as npm run dev does
  npm run up -- --fetch         download Minikube and the Pulumi CLI to .local/bin if they are missing or too old`;

runCommand(async () => {
  const { stack, preview, ...options } = readOptions(usage, {
    preview: flag,
    fetch: flag,
    'lose-data': flag,
    dev: flag,
    restore: option,
  });
  const started = Date.now();
  const file = options.restore === undefined ? undefined : userPath(options.restore);
  if (file !== undefined) await (await import('../backup/backup.js')).verifyBackup(file);
  const existing = (await readValues(root, stack)).get('cluster') === 'existing';
  await providePrograms(existing ? ['pulumi'] : ['minikube', 'pulumi'], options);
  const state = await exportState(stack);
  const plan = await planConfiguration(stack, state !== undefined);
  const notes = await assertPreflight(plan.configuration);
  if (notes) say(notes);
  if (plan.ports) {
    const { nodePort, registryPort } = plan.ports;
    await writePorts(stack, plan.ports);
    say(
      `The new stack '${stack}' gets free ports: nodePort ${nodePort} and registryPort ${registryPort}, ` +
        `written to Pulumi.${stack}.yaml.\n`,
    );
  }
  if (!state) await createStack(stack);
  const values = { ...(options['lose-data'] && { loseData: 'true' }), ...(options.dev && { dev: 'true' }) };
  const checked = Date.now();
  const command = preview ? ['preview'] : ['up', '--yes', '--skip-preview', '--suppress-outputs'];
  const update = (...more: string[]) => runUpdate(stack, state, 'up', [...command, ...more]);
  const updating =
    Object.keys(values).length === 0
      ? update()
      : withPrivateFile(await configureOnce(stack, values), (file) => update('--config-file', file));
  await updating.catch(async (error: unknown) => {
    for (const line of await readFailures(stack).catch(() => [])) say(line); // the cluster may not answer
    throw error;
  });
  if (preview) return;
  const updated = Date.now();
  if (file !== undefined)
    say(`\n${await (await import('../backup/restore.js')).restoreStack(stack, false, file, false)}`);
  const result = (await exportState(stack)) as StackState; // it exists after a successful update
  printSummary(stack, result, /^(\.\/)?service\/main\.ts$/.test(plan.configuration.service.source));
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const phases = readPhases(result, checked).map(({ name, seconds: after }) => `, ${name} after ${after.toFixed(1)}`);
  say(`Time: ${seconds(checked - started)} for checks, ${seconds(updated - checked)} for pulumi up${phases.join('')}.`);
});

/** The stack's configuration file with `values`, which apply to one update only. */
async function configureOnce(stack: string, values: Readonly<Record<string, string>>): Promise<string> {
  const { name } = await readProject();
  const file = stackFile(root, stack);
  const document = parseDocument(existsSync(file) ? await readFile(file, 'utf8') : '');
  for (const [key, value] of Object.entries(values)) document.setIn(['config', `${name}:${key}`], value);
  return document.toString();
}

/** What Kubernetes reports about a failed update, which Pulumi does not show. */
async function readFailures(stack: string): Promise<string[]> {
  const { StackCluster } = await import('./shared/kubernetes.js'); // takes a second, only needed after failures
  const { describeFailures } = await import('./shared/pods.js');
  return describeFailures(new StackCluster(await readOutputs(stack)));
}

/** @param hasData whether the service has the endpoint `/data` */
function printSummary(stack: string, state: StackState, hasData: boolean): void {
  const resource = state.deployment.resources?.find(({ type }) => type === 'pulumi:pulumi:Stack');
  const { url = '', services = {} } = (resource?.outputs ?? {}) as Partial<StackOutputs>;
  say(`\nThe service is ready at ${url}`);
  // Pulumi sorts them by name.
  for (const [name, { url: other }] of Object.entries(services)) if (other !== url) say(`${name} is ready at ${other}`);
  say(`${describeRequests(url, hasData)}\nStatus: ${npmRun('status', stack)}    Delete: ${npmRun('down', stack)}`);
}
