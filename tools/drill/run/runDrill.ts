import { once } from 'node:events';
import type { Drill, Verdict } from '../drill';
import type { Load } from '../load/load';
import { lostOf, removeWrites, storedIds } from '../load/writes';
import { describeDatabase, describeMachine } from '../report/describe';
import { type Result, seriesOf } from '../report/result';
import { sources } from '../sources';
import { nothingLost } from '../verdicts';
import { healthy } from './healthy';
import { Session, type SessionOptions } from './session';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Carries out `drill`, looks for each write that was acknowledged meanwhile, and takes all of them away again. */
export async function runDrill(drill: Drill, options: SessionOptions): Promise<Result> {
  const taken = {
    date: new Date().toISOString(),
    machine: describeMachine(),
    database: await describeDatabase(options.kubectl),
    quick: options.quick,
  };
  const session = await Session.open(options);
  const interruption = new AbortController();
  const interrupt = (): void => {
    if (!interruption.signal.aborted) options.tell('  Interrupted: what the drill has made is taken away first.');
    interruption.abort();
  };
  for (const signal of signals) process.on(signal, interrupt); // npm repeats a Ctrl-C: no signal may end the clearing up
  try {
    const outcome = await Promise.race([drill.run(session.context(drill.name)), interrupted(interruption.signal)]);
    await session.stopLoads();
    const end = Date.now();
    const series = seriesOf(
      session.begin,
      end,
      session.watch.snapshots,
      session.loads.flatMap(({ ticks }) => ticks),
    );
    const verdicts = [...outcome.verdicts, ...(await judgeWrites(options.outputs.url, session.loads))];
    return { name: drill.name, title: drill.title, ...outcome, verdicts, events: session.events, series, taken };
  } catch (error) {
    throw new Error(
      `The drill ${drill.name} could not be carried out: ${error instanceof Error ? error.message : String(error)}\n` +
        `What it changed may be there still. This puts it right: npm run up -- --stack ${options.stack}`,
      { cause: error },
    );
  } finally {
    await session.close();
    for (const signal of signals) process.off(signal, interrupt);
    // The drill itself may wait for something still, which must not hold the process.
    if (interruption.signal.aborted) setTimeout(() => process.exit(), 500).unref();
  }
}

async function interrupted(signal: AbortSignal): Promise<never> {
  await once(signal, 'abort');
  throw new Error('Interrupted.');
}

async function judgeWrites(url: string, loads: readonly Load[]): Promise<Verdict[]> {
  const acknowledged = loads.flatMap((load) => load.acknowledged);
  if (loads.length === 0) return [];
  await healthy(url, 60);
  const stored = (await Promise.all(loads.map(({ plan }) => storedIds(url, plan.run)))).flat();
  await removeWrites(url, stored);
  return [nothingLost(acknowledged.length, lostOf(acknowledged, stored), sources.noLoss)];
}
