import { requirePrograms } from '../cli/programs/programs';
import { readOptions, runCommand, say } from '../cli/shared/cli';
import { readOutputs } from '../cli/shared/pulumi';
import { chooseDrills, drills } from './drills/drills';
import { type Result, save } from './result';
import { runDrill } from './runDrill';
import { isPassed, table } from './table';

const names = drills.map(({ name }) => name);

const usage = `npm run drill: makes failures and load happen to the stack that npm run up made. Exit code 1 if a limit was not kept.

  npm run drill -- --only load-step,drift  some of ${names.join(',')}
  npm run drill -- --quick                 the short ones, with less waiting
  npm run drill -- --stack staging         another stack than dev`;

runCommand(async () => {
  const { stack, quick, only } = readOptions(usage, {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
  });
  const chosen = only === undefined ? drills.filter(({ long }) => !(quick && long)) : chooseDrills(only, drills);
  await requirePrograms(['pulumi', 'minikube']);
  const results: Result[] = [];
  for (const drill of chosen) {
    say(`\n${drill.title}`);
    const result = await runDrill(drill, { stack, quick, outputs: await readOutputs(stack), log: say });
    results.push(result);
    say(`\n${table(result)}\n\n  Saved: ${save(result, names)}`);
  }
  const failed = results.filter((result) => !isPassed(result));
  say(`\n${results.length - failed.length} of ${results.length} drills passed.`);
  return failed.length > 0 ? 1 : 0;
});
