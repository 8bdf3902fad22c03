import { holdSignals } from '../cli/shared/process';
import { describeMachine } from '../report';
import { type ContextOptions, createContext, type DrillContext } from './context';
import { type Drill, nothingLost, sources } from './drill';
import { type Result, seriesOf } from './result';
import { lostOf, removeDocuments, storedIds, waitUntilServing } from './service';

/** Runs `drill`, looks for each write that was acknowledged meanwhile, and deletes all documents that it wrote. */
export async function runDrill(drill: Drill, options: ContextOptions): Promise<Result> {
  const context = createContext(drill.name, options);
  const held = holdSignals(() => options.log('  Interrupted: what the drill has made is removed first.'));
  try {
    await context.watch.next(30);
    const taken = { date: new Date().toISOString(), machine: describeMachine(), quick: options.quick };
    await Promise.race([drill.run(context), held.signalled]);
    await context.stopLoads();
    const ticks = context.loads.flatMap((load) => load.ticks);
    const series = seriesOf(context.start(), Date.now(), context.watch.snapshots, ticks);
    await judgeWrites(context);
    const { verdicts, notes, events } = context;
    return { name: drill.name, title: drill.title, verdicts, notes, events, series, taken };
  } catch (error) {
    throw new Error(
      `The drill ${drill.name} could not be carried out: ${error instanceof Error ? error.message : String(error)}\n` +
        `What it changed may still be there. To restore the stack: npm run up -- --stack ${options.stack}`,
      { cause: error },
    );
  } finally {
    await context.close();
    held.end();
  }
}

async function judgeWrites({ outputs: { url }, loads, verdicts }: DrillContext): Promise<void> {
  if (loads.length === 0) return;
  const acknowledged = loads.flatMap((load) => load.acknowledged);
  await waitUntilServing(url, 60);
  const stored = (await Promise.all(loads.map(({ plan }) => storedIds(url, plan.run)))).flat();
  await removeDocuments(url, stored);
  verdicts.push(nothingLost(acknowledged.length, lostOf(acknowledged, stored), sources.noLoss));
}
