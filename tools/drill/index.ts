import { requirePrograms } from '../cli/programs/providePrograms';
import { readOutputs, withKubectl } from '../cli/shared/cluster';
import { runCommand, say } from '../cli/shared/command';
import type { Drill } from './drill';
import { badUpdate } from './drills/badUpdate';
import { clusterLoss } from './drills/clusterLoss';
import { databaseLoss } from './drills/databaseLoss';
import { drift } from './drills/drift';
import { killedUpdate } from './drills/killedUpdate';
import { loadStep } from './drills/loadStep';
import { loadStop } from './drills/loadStop';
import { outOfMemory } from './drills/outOfMemory';
import { podLoss } from './drills/podLoss';
import { rollingUpdate } from './drills/rollingUpdate';
import { readDrillOptions } from './options';
import type { Result } from './report/result';
import { save } from './report/save';
import { isPassed, table } from './report/table';
import { runDrill } from './run/runDrill';

/** All drills, in the order that they run in. */
const drills: readonly Drill[] = [
  loadStep,
  loadStop,
  rollingUpdate,
  podLoss,
  databaseLoss,
  badUpdate,
  drift,
  clusterLoss,
  outOfMemory,
  killedUpdate,
];

const names = drills.map(({ name }) => name);

const usage = `npm run drill: what befalls a stack, under load, on the one that npm run up made. Exit code 1 if a limit was not kept.

  npm run drill -- --only load-step,drift  some of ${names.join(',')}
  npm run drill -- --quick                 the short ones, and less waiting in them
  npm run drill -- --stack staging         another stack than dev`;

runCommand(async () => {
  const { stack, quick, chosen } = readDrillOptions(usage, drills);
  await requirePrograms(['pulumi', 'minikube']);
  const results: Result[] = [];
  for (const drill of chosen) {
    say(`\n${drill.title}`);
    const outputs = await readOutputs(stack);
    const result = await withKubectl(outputs, (kubectl) =>
      runDrill(drill, { stack, quick, outputs, kubectl, tell: say }),
    );
    results.push(result);
    say(`\n${table(result)}\n\n  Saved: ${save(result, names)}`);
  }
  const failed = results.filter((result) => !isPassed(result));
  say(`\n${results.length - failed.length} of ${results.length} drills passed.`);
  return failed.length > 0 ? 1 : 0;
});
