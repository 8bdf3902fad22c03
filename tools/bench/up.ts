import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import * as minikube from '../../stack/cluster/minikube';
import { containerRuntime, nodeSize } from '../../stack/cluster/minikubeStart';
import { until } from '../../stack/cluster/until';
import type { MinikubeConfiguration } from '../../stack/configuration/configuration';
import { parseCommandLine, root, runCommand, say } from '../cli/shared/cli';
import { freePort } from '../cli/shared/configuration';
import { readConfiguration } from '../cli/shared/plan';
import { holdSignals } from '../cli/shared/process';
import { readPhases, type StackState } from '../cli/shared/pulumi';
import { waitUntilServing } from '../drill/service';
import { TemporaryStack } from '../drill/temporaryStack';
import { assertDone, type ProjectCopy } from '../projectCopy';
import { describeMachine, markdownTable, saveResult } from '../report';
import { spread } from './scenario';
import { benchFolder } from './setup';

/** What is measured, the limit that it is compared with, and the aim: the highest ratio of the two. */
const figures: readonly { readonly name: string; readonly limit: string; readonly most: number }[] = [
  { name: 'pulumi up, from nothing', limit: 'minikube start, from nothing', most: 1.4 },
  { name: 'npm run up, from nothing', limit: 'minikube start, from nothing', most: 1.5 },
  { name: 'pulumi up, nothing changed', limit: 'pulumi up, an empty program', most: 1.3 },
  { name: 'pulumi up, one changed line, all answers new', limit: 'pulumi up, nothing changed', most: 1.6 },
  {
    name: 'pulumi up, a stopped cluster, data is back',
    limit: 'minikube start, the same cluster, data is back',
    most: 1.3,
  },
  { name: 'npm run down', limit: 'minikube delete, the same cluster', most: 1.2 },
];

/** Seconds by name, of one turn. `… NAME` is when that part was there, in `pulumi up` from nothing. */
type Turn = Record<string, number>;

/** Measures `work` as `name`. */
type Time = <T>(name: string, work: () => PromiseLike<T>) => Promise<T>;

const usage = `npm run bench:up: compares how long the stack takes to start, update and stop with Minikube and Pulumi alone.

  npm run bench:up -- --turns 3  fewer turns than the default of 5, about five minutes each`;

runCommand(async () => {
  const { values } = parseCommandLine(usage, { turns: { type: 'string', default: '5' } });
  const count = Number(values.turns);
  if (!Number.isInteger(count) || count < 1)
    throw new Error(`--turns is '${values.turns}': give a whole number from 1.`);
  const turns: Turn[] = [];
  while (turns.length < count) turns.push(await measureTurn(`${turns.length + 1}/${count}`));
  const taken = { date: new Date().toISOString(), machine: describeMachine() };
  say(`${table(turns)}\n\nTaken ${taken.date.slice(0, 10)} on ${taken.machine}, ${count} turns.`);
  const result = { name: 'up', turns, taken };
  saveResult(join(benchFolder, 'results'), result);
});

async function measureTurn(title: string): Promise<Turn> {
  const turn: Turn = {};
  const time: Time = async (name, work) => {
    const start = performance.now();
    const value = await work();
    turn[name] = (performance.now() - start) / 1000;
    process.stderr.write(`${title}  ${turn[name].toFixed(1).padStart(6)} s  ${name}\n`);
    return value;
  };
  // It starts with plain `pulumi up`, which finds no free ports.
  const config = `config: {nodePort: ${await freePort(30_700)}, registryPort: ${await freePort(5700)}}\n`;
  const stack = await TemporaryStack.make('bench', { 'Pulumi.bench.yaml': config });
  const { project } = stack;
  const measure = async (): Promise<void> => {
    const { cluster } = await readConfiguration(project.folder, project.stack);
    if (cluster.kind !== 'minikube') throw new Error('npm run bench:up measures stacks on Minikube.');
    await measureMinikube(cluster, time);
    await measureEmptyProgram(project, time);
    Object.assign(turn, await measureStack(project, cluster, time));
  };
  const held = holdSignals(() => process.stderr.write('Interrupted: what was made is removed first.\n'));
  try {
    await Promise.race([measure(), held.signalled]);
    return turn;
  } finally {
    await minikube.remove(bareProfile);
    await stack.remove();
    held.end();
  }
}

const bareProfile = 'bench-bare';
const bare = `--profile=${bareProfile}`;

/** Minikube alone, with the size and the container runtime that the stack's cluster has. */
async function measureMinikube(cluster: MinikubeConfiguration, time: Time): Promise<void> {
  const { cpus, memory } = await nodeSize(cluster);
  const args = ['--driver=docker', `--container-runtime=${containerRuntime}`];
  await time('minikube start, from nothing', () =>
    minikube.minikube('start', bare, ...args, `--cpus=${cpus}`, `--memory=${memory}`),
  );
  await minikube.remove(bareProfile);
}

/** Pulumi alone: a program that does nothing but load the SDK. */
async function measureEmptyProgram({ environment: env }: ProjectCopy, time: Time): Promise<void> {
  const cwd = await mkdtemp(join(tmpdir(), 'empty-'));
  try {
    await writeFile(join(cwd, 'Pulumi.yaml'), 'name: empty\nruntime: nodejs\nbackend: {url: "file://."}\n');
    await writeFile(join(cwd, 'package.json'), '{"main": "index.js"}');
    await writeFile(join(cwd, 'index.js'), "require('@pulumi/pulumi');");
    await symlink(join(root, 'node_modules'), join(cwd, 'node_modules'));
    await execa('pulumi', ['stack', 'init', 'dev'], { cwd, env });
    const up = () => execa('pulumi', ['up', '--yes', '--skip-preview'], { cwd, env });
    await up();
    await time('pulumi up, an empty program', up);
  } finally {
    await rm(cwd, { recursive: true });
  }
}

/** The stack. Returns when its parts were there. */
async function measureStack(project: ProjectCopy, cluster: MinikubeConfiguration, time: Time): Promise<Turn> {
  const url = `http://127.0.0.1:${cluster.nodePort}`;
  const up = async () => assertDone(await project.up());
  assertDone(await project.pulumi('stack', 'init'));
  const start = Date.now();
  await time('pulumi up, from nothing', up);
  const state = JSON.parse(assertDone(await project.pulumi('stack', 'export')).stdout) as StackState;
  const phases = readPhases(state, start).map(({ name, seconds }) => [`… ${name}`, seconds] as const);
  await waitUntilServing(url, 60);
  await time('pulumi up, nothing changed', up);

  await project.edit('service/example/welcome.ts', '"message":"Welcome"', '"message":"Changed"');
  await time('pulumi up, one changed line, all answers new', async () => {
    await up();
    await until('40 answers in a row are new', () => areAllNew(url), 60_000);
  });

  const headers = { 'Content-Type': 'application/json' };
  // A connection that is kept alive to a pod of the old code may end under the first request.
  const stores = () =>
    fetch(`${url}/data`, { method: 'POST', headers, body: '{"bench":1}' }).then(
      ({ status }) => status === 201,
      () => false,
    );
  await until('a document is stored', stores, 10_000);
  const profile = `--profile=${cluster.profile}`;
  const stored = (): Promise<boolean> =>
    fetch(`${url}/data`).then(
      async (response) => (await response.text()).includes('"bench"'),
      () => false,
    );
  const restart = async (name: string, start: () => Promise<unknown>): Promise<void> => {
    await minikube.minikube('stop', profile);
    await time(name, () => start().then(() => until('the document is back', stored, 120_000)));
  };
  await restart('minikube start, the same cluster, data is back', () => minikube.minikube('start', profile));
  await restart('pulumi up, a stopped cluster, data is back', up);
  await time('npm run down', async () => assertDone(await project.npm('down', '--yes')));

  await time('npm run up, from nothing', async () => assertDone(await project.npm('up')));
  // As a user would. `remove` is quicker: it does not wait for the pods.
  await time('minikube delete, the same cluster', () => minikube.minikube('delete', profile));
  return Object.fromEntries(phases);
}

/** Whether 40 answers in a row are of the new code. Each comes over a connection of its own, so that each pod is asked. */
async function areAllNew(url: string): Promise<boolean> {
  for (let left = 40; left > 0; left -= 1) {
    const response = await fetch(url, { headers: { Accept: 'application/json', Connection: 'close' } });
    if (!(await response.text()).includes('Changed')) return false;
  }
  return true;
}

/** Seconds of everything, then ratios to the limits, as Markdown. */
function table(turns: readonly Turn[]): string {
  const range = (values: readonly number[], digits: number): string[] => {
    const { median, min, max } = spread(values);
    return [median.toFixed(digits), `${min.toFixed(digits)} to ${max.toFixed(digits)}`];
  };
  const valuesOf = (name: string): number[] => turns.map((turn) => turn[name] ?? Number.NaN);
  const names = Object.keys(turns[0] ?? {});
  const ratios = figures.map(({ name, limit, most }) => {
    const [median = '', spreadOf = ''] = range(
      turns.map((turn) => (turn[name] ?? Number.NaN) / (turn[limit] ?? Number.NaN)),
      2,
    );
    return [`${name} / ${limit}`, median, spreadOf, `≤ ${most}`];
  });
  const seconds = names.map((name) => [name, ...range(valuesOf(name), 1)]);
  return [
    markdownTable(['seconds', 'median', 'min to max'], seconds),
    markdownTable(['ratio', 'median', 'min to max', 'aim'], ratios),
  ].join('\n\n');
}
