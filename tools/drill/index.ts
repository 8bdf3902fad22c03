import { join } from 'node:path';
import { requirePrograms } from '../cli/programs/programs';
import { chooseNames, flag, option, readOptions, root, runCommand, say } from '../cli/shared/cli';
import { readConfiguration } from '../cli/shared/configuration';
import { exitOnSignal } from '../cli/shared/process';
import { readOutputs } from '../cli/shared/pulumi';
import { startDashboard } from '../dashboard/dashboard';
import { saveResult } from '../report';
import { type Drill, isPassed, table } from './drill';
import { backupRestore } from './drills/backupRestore';
import { badUpdate } from './drills/badUpdate';
import { clusterLoss } from './drills/clusterLoss';
import { databaseLoss, memberLoss } from './drills/databaseLoss';
import { drift } from './drills/drift';
import { firstStart } from './drills/firstStart';
import { killedUpdate } from './drills/killedUpdate';
import { loadStep } from './drills/loadStep';
import { loadStop } from './drills/loadStop';
import { outOfMemory } from './drills/outOfMemory';
import { podLoss } from './drills/podLoss';
import { pressure } from './drills/pressure';
import { rollingUpdate } from './drills/rollingUpdate';
import { type Result, runDrill } from './runDrill';

/** All drills, in the order they run. */
const drills: readonly Drill[] = [
  loadStop, // first, as both start with the minimum number of pods, and this one ends with it
  loadStep,
  rollingUpdate,
  podLoss,
  databaseLoss,
  memberLoss,
  firstStart,
  badUpdate,
  drift,
  clusterLoss,
  outOfMemory,
  pressure,
  killedUpdate,
  backupRestore,
];
const names = drills.map(({ name }) => name);

const usage = `npm run drill: causes failures and load on the stack of npm run up. Exit code 1 if a limit is exceeded.

  npm run drill -- --only load-step,drift  some of ${names.join(',')}
  npm run drill -- --quick                 without those that take many minutes
  npm run drill -- --dashboard             with the dashboard, which stays open until Ctrl-C`;

runCommand(async () => {
  const { stack, quick, only, dashboard } = readOptions(usage, { quick: flag, dashboard: flag, only: option });
  const named = chooseNames(only, names);
  const { database } = await readConfiguration(root, stack);
  const members = database.kind === 'mongo' ? database.members : undefined;
  const fits = (drill: Drill): boolean => drill.members === undefined || drill.members === members;
  const unfit = only === undefined ? undefined : drills.find((drill) => named.includes(drill.name) && !fits(drill));
  if (unfit) throw new Error(`The drill ${unfit.name} needs a stack with mongoMembers ${unfit.members}.`);
  const chosen = drills.filter((drill) => fits(drill) && (only ? named.includes(drill.name) : !(quick && drill.long)));
  await requirePrograms(['pulumi', 'minikube']);
  if (dashboard) await startDashboard(stack, await readOutputs(stack));
  const results: Result[] = [];
  for (const drill of chosen) {
    say(`\n${drill.title}`);
    const result = await runDrill(drill, stack, await readOutputs(stack));
    results.push(result);
    const file = saveResult(join(root, '.local', 'drill'), result);
    say(`\n${table(result)}\n\n  Saved: ${file}`);
  }
  const failed = results.filter((result) => !isPassed(result));
  say(`\n${results.length - failed.length} of ${results.length} drills passed.`);
  const code = failed.length > 0 ? 1 : 0;
  return dashboard ? exitOnSignal(code) : code;
});
