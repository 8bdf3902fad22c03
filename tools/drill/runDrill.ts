import { pathToFileURL } from 'node:url';
import { backendFolder, providePassphrase } from '../cli/shared/backend';
import { messageOf, say } from '../cli/shared/cli';
import { StackCluster } from '../cli/shared/kubernetes';
import { holdSignals, kubectl, read } from '../cli/shared/process';
import type { StackOutputs } from '../cli/shared/pulumi';
import { recordMark } from '../dashboard/marks';
import { ProjectCopy } from '../projectCopy';
import { describeMachine } from '../report';
import { type Drill, nothingLost, type Verdict } from './drill';
import { Load, type Plan } from './load/load';
import { signalContainer } from './node';
import { removeDocuments, storedIds, waitUntilServing } from './service';
import { makeTemporaryStack, removeTemporaryStack } from './temporaryStack';
import { type Snapshot, watchService } from './watch';

/** What a run of a drill works with, and its results so far. */
export type DrillContext = ReturnType<typeof createContext>;

/** The context of drill `name`. `close` ends everything that was started through it. */
function createContext(name: string, stack: string, outputs: StackOutputs) {
  const cluster = new StackCluster(outputs);
  const end = new AbortController();
  const watch = watchService(cluster, end.signal);
  const events: { readonly at: number; readonly text: string }[] = [];
  const loads: Load[] = [];
  const closing: (() => Promise<unknown>)[] = [];
  let copied: Promise<ProjectCopy> | undefined;

  /** Calls `work` when the drill has ended or was interrupted; the last one first. */
  const onClose = (work: () => Promise<unknown>): void => void closing.unshift(work);

  /** A copy of the project with the stack's state, to deploy changes from. The first call creates it. */
  const copy = (): Promise<ProjectCopy> => (copied ??= copyProject(stack));

  /** Records an event at `at`, in milliseconds since 1970. Returns `at`. */
  const mark = (event: string, at = Date.now()): number => {
    events.push({ at, text: event });
    const seconds = (at - (events[0]?.at ?? at)) / 1000;
    say(`${seconds.toFixed(1).padStart(8)} s  ${event}`);
    recordMark(stack, { kind: 'drill', object: name, text: event }, at);
    return at;
  };

  /** Waits for a state of the service's pods, and records it as an event. Default of `seconds`: 60. */
  const observe = async (event: string, condition: (it: Snapshot) => boolean, seconds?: number): Promise<Snapshot> => {
    const snapshot = await watch.until(event, condition, seconds);
    mark(event, snapshot.at);
    return snapshot;
  };

  return {
    stack,
    outputs,
    cluster,
    watch,
    events,
    verdicts: [] as Verdict[],
    loads,
    copy,
    mark,
    observe,
    onClose,

    /** Makes a stack with a cluster of its own, for failures that would destroy the user's. */
    temporaryStack: async (): Promise<ProjectCopy> => {
      const project = await makeTemporaryStack('drill-kill');
      onClose(() => removeTemporaryStack(project));
      return project;
    },

    /** Starts a load that runs until the drill stops it, or ends. */
    load: (plan: Partial<Plan> = {}): Load => {
      const run = `${name} ${new Date().toISOString()} ${loads.length + 1}`;
      const load = new Load({ url: outputs.url, run, ...plan });
      loads.push(load);
      return load;
    },

    /** Sends a signal to the main process of a container. Returns the time of it. */
    signal: (pod: string, container: 'web' | 'mongo', signal: 'KILL' | 'STOP' | 'CONT'): Promise<number> =>
      signalContainer(outputs.profile, pod, container, signal),

    /** Output of `kubectl ARGS` in the stack's namespace. */
    kubectl: (...args: readonly string[]): Promise<string> => kubectl(outputs, read, ...args),

    /** `pulumi up` of the copy, which must succeed. Returns its start and end. */
    deploy: async (what: string, ...args: readonly string[]): Promise<{ start: number; end: number }> => {
      const project = await copy();
      const start = mark(what);
      await project.up(...args);
      return { start, end: mark('pulumi up succeeded') };
    },

    close: async (): Promise<void> => {
      await Promise.allSettled(loads.map((load) => load.stop()));
      for (const work of closing) await work();
      end.abort();
      await (await copied)?.remove();
    },
  };
}

/** The result of a drill, as it is saved. All times are milliseconds since 1970. */
export type Result = Awaited<ReturnType<typeof runDrill>>;

/** Runs `drill`, checks that every acknowledged write is stored, and deletes the documents that it wrote. */
export async function runDrill(drill: Drill, stack: string, outputs: StackOutputs) {
  const context = createContext(drill.name, stack, outputs);
  const held = holdSignals(() => say('  Interrupted: cleaning up first.'));
  try {
    await context.watch.until('the Kubernetes API answers', ({ pods, min }) => pods.length > 0 && min > 0, 30);
    const taken = { date: new Date().toISOString(), machine: describeMachine() };
    await Promise.race([drill.run(context), held.signalled]);
    const { loads, verdicts, events } = context;
    await Promise.all(loads.map((load) => load.stop()));
    await judgeWrites(context);
    return { name: drill.name, title: drill.title, verdicts, events, taken };
  } catch (error) {
    throw new Error(
      `The drill ${drill.name} could not be run: ${messageOf(error)}\n` +
        `Its changes may remain. To restore the stack: npm run up -- --stack ${stack}`,
      { cause: error },
    );
  } finally {
    await context.close();
    held.end();
  }
}

async function judgeWrites({ outputs: { url }, loads, verdicts }: DrillContext): Promise<void> {
  if (loads.length === 0) return;
  await waitUntilServing(url, 60);
  const stored = (await Promise.all(loads.map(({ plan }) => storedIds(url, plan.run)))).flat();
  await removeDocuments(url, stored);
  const acknowledged = loads.flatMap((load) => load.acknowledged);
  verdicts.push(nothingLost(acknowledged, stored));
}

/** A copy with the project's backend and passphrase, unless the user's environment has others. */
async function copyProject(stack: string): Promise<ProjectCopy> {
  const environment = { ...process.env };
  environment.PULUMI_BACKEND_URL ||= `${pathToFileURL(backendFolder).href}?metadata=skip`; // as in Pulumi.yaml
  await providePassphrase(environment, false);
  const copy = await ProjectCopy.make({ stack, environment });
  await copy.restore(`Pulumi.${stack}.yaml`);
  return copy;
}
