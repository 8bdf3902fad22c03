import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import * as minikube from '../../stack/cluster/minikube';
import { containerRuntime, nodeSize } from '../../stack/cluster/minikubeStart';
import { until } from '../../stack/cluster/until';
import type { MinikubeConfiguration } from '../../stack/configuration/configuration';
import { parseCommandLine, root, runCommand, say } from '../cli/shared/cli';
import { freePort, readConfiguration } from '../cli/shared/configuration';
import { holdSignals } from '../cli/shared/process';
import { readPhases, type StackState } from '../cli/shared/pulumi';
import { sendAtOnce } from '../drill/load/client';
import { waitForText, waitUntilServing } from '../drill/service';
import { makeTemporaryStack, removeTemporaryStack } from '../drill/temporaryStack';
import type { ProjectCopy } from '../projectCopy';
import { saveResult } from '../report';
import { table } from './report';
import { defaultRepetitions, parseRepetitions, resultOf, type Sample, type Target } from './scenario';
import { benchFolder } from './setup';

/** Ratios to what Minikube and Pulumi need alone. */
const targets: readonly Target[] = [
  { contestant: 'pulumi up, from nothing', most: 1.4, reference: 'minikube start, from nothing' },
  { contestant: 'npm run up, from nothing', most: 1.5, reference: 'minikube start, from nothing' },
  { contestant: 'pulumi up, nothing changed', most: 1.3, reference: 'pulumi up, an empty program' },
  { contestant: 'pulumi up, one changed line, all answers new', most: 1.6, reference: 'pulumi up, nothing changed' },
  {
    contestant: 'pulumi up, a stopped cluster, data is back',
    most: 1.3,
    reference: 'minikube start, the same cluster, data is back',
  },
  { contestant: 'npm run down', most: 1.2, reference: 'minikube delete, the same cluster' },
];

/** Seconds by name, of one turn. `… NAME` is when that part was there, in `pulumi up` from nothing. */
type Turn = Record<string, number>;

/** Measures `work` as `name`. */
type Time = <T>(name: string, work: () => PromiseLike<T>) => Promise<T>;

const usage = `npm run bench:up: compares how long the stack takes to start, update and stop with Minikube and Pulumi alone.

  npm run bench:up -- --turns 3  fewer turns than the default of ${defaultRepetitions}, about five minutes each`;

runCommand(async () => {
  const { values } = parseCommandLine(usage, { turns: { type: 'string', default: defaultRepetitions } });
  const count = parseRepetitions('turns', values.turns);
  const samples: Record<string, Sample[]> = {};
  for (let turn = 1; turn <= count; turn += 1) {
    const seconds = await measureTurn(`${turn}/${count}`);
    for (const [name, value] of Object.entries(seconds)) (samples[name] ??= []).push({ value });
  }
  const description = { title: 'Start, update and stop', unit: 's', targets };
  const { database } = await readConfiguration(root, 'bench');
  const result = resultOf('up', description, samples, database.kind === 'mongo' ? database.image : 'external');
  say(table([result]));
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
  const project = await makeTemporaryStack('bench', { 'Pulumi.bench.yaml': config });
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
    await removeTemporaryStack(project);
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
  const up = (): Promise<string> => project.up();
  await project.pulumi('stack', 'init');
  const start = Date.now();
  await time('pulumi up, from nothing', up);
  const state = JSON.parse(await project.pulumi('stack', 'export')) as StackState;
  const phases = readPhases(state, start).map(({ name, seconds }) => [`… ${name}`, seconds] as const);
  await waitUntilServing(url, 60);
  await time('pulumi up, nothing changed', up);

  await project.edit('service/example/welcome.ts', '"message":"Welcome"', '"message":"Changed"');
  await time('pulumi up, one changed line, all answers new', async () => {
    await up();
    await until('40 answers in a row are new', () => areAllNew(url), 60_000);
  });

  const [failure] = await sendAtOnce(url, 1, { path: '/data', body: '{"bench":1}' });
  if (failure) throw new Error(`POST /data failed: ${failure.kind}`);
  const profile = `--profile=${cluster.profile}`;
  const restart = async (name: string, start: () => Promise<unknown>): Promise<void> => {
    await minikube.minikube('stop', profile);
    await time(name, () => start().then(() => waitForText(`${url}/data`, '"bench"', 120)));
  };
  await restart('minikube start, the same cluster, data is back', () => minikube.minikube('start', profile));
  await restart('pulumi up, a stopped cluster, data is back', up);
  await time('npm run down', () => project.npm('down', '--yes'));

  await time('npm run up, from nothing', () => project.npm('up'));
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
