import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { docker } from '../../../stack/cluster/run';
import { until } from '../../../stack/cluster/until';
import { messageOf } from '../../cli/shared/cli';
import type { StackState } from '../../cli/shared/pulumi';
import { outputOf, type ProjectCopy } from '../../projectCopy';
import { type Drill, holds } from '../drill';

/** Number of kills, spread over the duration of an `up` from nothing. */
const kills = 10;

/** Share of `pulumi up` in `npm run up`, which checks the machine first. */
const pulumiPart = 0.9;

/** Kinds of the objects in the stack's namespace. */
const kinds =
  'secret,configmap,persistentvolumeclaim,service,deployment,statefulset,job,networkpolicy,hpa,poddisruptionbudget';

/** A `pulumi up` from nothing is killed by SIGKILL at moments spread over it. The next `npm run up` must reach the same state each time. */
export const killedUpdate: Drill = {
  name: 'killed-update',
  title: 'pulumi up is killed',
  long: true,
  async run({ mark, onClose, temporaryStack, verdicts }) {
    const project = await temporaryStack();
    const destroy = () => project.pulumi('destroy', '--yes', '--skip-preview');
    const start = mark('npm run up of a temporary stack, without a kill');
    await project.npm('up');
    let length = ((mark('npm run up succeeded') - start) / 1000) * pulumiPart;
    const expected = urnsOf(await readState(project));
    await destroy();

    while (verdicts.length < kills) {
      const seconds = (length * (verdicts.length + 0.5)) / kills;
      const children = await killUp(project, seconds);
      if (children) {
        const killChildren = (): Promise<void> => killAll(children);
        onClose(killChildren);
        const alone = verdicts.length % 2 === 0; // in turn Pulumi alone, and Pulumi with all its child processes
        if (!alone) await killChildren();
        const kill = `kill -9 of ${alone ? 'pulumi' : 'all its processes'} after ${seconds.toFixed(0)} s`;
        mark(kill);
        const failure = await project.npm('up').then(() => '', messageOf);
        await killChildren(); // without Pulumi, they never end
        mark(failure ? 'npm run up failed' : 'npm run up succeeded');
        const faults = failure ? [failure.slice(-2000)] : await faultsOf(project, expected);
        await destroy();
        faults.push(...(await leftInDocker(project.stack)).map((name) => `left by destroy: ${name}`));
        const reached = faults.join('; ') || `yes, ${expected.length} resources`;
        verdicts.push(holds(`${kill}: converges`, faults.length === 0, reached));
      } else {
        mark('pulumi up ended before it was killed');
        length *= 0.9; // this one was faster than the first
        await destroy();
      }
    }
  },
};

/** Kills `pulumi up` after `seconds`. Returns its child processes, which are still running; `undefined` if it succeeded before. */
async function killUp(project: ProjectCopy, seconds: number): Promise<Process[] | undefined> {
  const up = project.startPulumi('up', '--yes', '--skip-preview');
  if (await Promise.race([outputOf(up).then(() => true), sleep(seconds * 1000, false)])) return undefined;
  const children = await descendants(up.pid ?? NaN);
  const exit = once(up, 'exit'); // its plugins keep its output open
  up.kill('SIGKILL');
  await exit;
  return children;
}

/** How state and cluster differ from those of an `up` without a kill. */
async function faultsOf(project: ProjectCopy, expected: readonly string[]): Promise<string[]> {
  const state = await readState(project);
  const { resources = [], pending_operations: pending = [] } = state;
  // An id is NAMESPACE/NAME. Kubernetes creates the configmap in each namespace.
  const known = new Set(['kube-root-ca.crt', ...resources.map(({ id }) => id?.split('/').at(-1))]);
  const objects = (await project.kubectl('get', kinds, '--output=name')).split('\n');
  const unmanaged = objects.filter((object) => !known.has(object.split('/')[1]));
  // The autoscaler adds pods after an update, and Pulumi considers a Deployment with an unready pod changed.
  let changes = '';
  const finishes = async () => (changes = await project.previewChanges()) === '';
  await until('a refresh finds no change', finishes, 60_000).catch(() => undefined);
  return [
    ...(pending.length > 0 ? [`${pending.length} pending operations`] : []),
    ...(urnsOf(state).join() === expected.join() ? [] : [`${resources.length} resources, not ${expected.length}`]),
    ...(changes === '' ? [] : [`a refresh finds changes: ${changes}`]),
    ...(unmanaged.length > 0 ? [`not in the state: ${unmanaged.join(', ')}`] : []),
  ];
}

async function readState(project: ProjectCopy): Promise<StackState['deployment']> {
  return (JSON.parse(await project.pulumi('stack', 'export')) as StackState).deployment;
}

function urnsOf({ resources = [] }: StackState['deployment']): string[] {
  return resources.map(({ urn }) => urn).sort();
}

/** Names of Docker's containers, volumes and networks that have `stack` in them. */
async function leftInDocker(stack: string): Promise<string[]> {
  const filter = `--filter=name=${stack}`;
  const containers = await docker('ps', '--all', filter, '--format={{.Names}}');
  const volumes = await docker('volume', 'ls', filter, '--format={{.Name}}');
  const networks = await docker('network', 'ls', filter, '--format={{.Name}}');
  return [containers, volumes, networks].flatMap((names) => names.split('\n').filter(Boolean));
}

type Process = Awaited<ReturnType<typeof list>>[number];

/** The descendants of process `pid`. Pulumi's plugins have their own process groups, so only their parent identifies them. */
export async function descendants(pid: number): Promise<Process[]> {
  const all = await list();
  const below = (parent: number): Process[] =>
    all.filter((process) => process.parent === parent).flatMap((child) => [child, ...below(child.pid)]);
  return below(pid);
}

/** Kills those of `processes` that are still running: another program may have the number of one that has ended. */
export async function killAll(processes: readonly Process[]): Promise<void> {
  const running = await list();
  const left = processes.filter((it) => running.some(({ pid, command }) => pid === it.pid && command === it.command));
  if (left.length > 0) await execa('kill', ['-9', ...left.map(({ pid }) => String(pid))], { reject: false });
}

async function list() {
  const { stdout } = await execa('ps', ['-A', '-o', 'pid=,ppid=,args=']);
  return [...stdout.matchAll(/^ *(\d+) +(\d+) +(.*)$/gm)].map(([, pid, parent, command = '']) => ({
    pid: Number(pid),
    parent: Number(parent),
    command,
  }));
}
