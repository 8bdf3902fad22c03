import { join } from 'node:path';
import { Databases } from './data';
import { interleave } from './measure/interleave';
import { readOptions } from './options';
import { benchFolder, projectFolder, workFolder } from './paths';
import { prepare } from './prepare';
import { figuresOf } from './report/figures';
import { describeMachine } from './report/machine';
import type { Result } from './report/result';
import { save } from './report/save';
import { table } from './report/table';
import { runDatabase } from './runDatabase';
import type { Bench } from './scenarios/bench';
import { type ScenarioName, scenarios } from './scenarios/scenarios';

const tell = (message: string): void => {
  process.stderr.write(`${message}\n`);
};

/** `npm run bench`: measures the service against its peers and limits, prints the ratios and saves them. */
async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  prepare(tell);
  const database = await runDatabase(options.database, tell);
  const databases = new Databases(database.uri);
  const results: Result[] = [];
  try {
    for (const name of options.only) {
      results.push(await measure(name, { scale: options.scale, databases }, database.title));
    }
  } finally {
    await databases.close();
    await database.stop();
  }
  process.stdout.write(table(results));

  // The figures of a quick run say little: they must not take the place of real ones.
  const folder = options.quick ? join(workFolder, 'results') : join(benchFolder, 'results');
  save(results, folder, options.quick ? join(workFolder, 'bench.svg') : join(projectFolder, 'docs/images/bench.svg'));
  tell(`Saved in ${folder}.`);
}

async function measure(name: ScenarioName, bench: Bench, database: string): Promise<Result> {
  const scenario = scenarios[name](bench);
  tell(`${name}: ${scenario.title}`);
  await scenario.prepare?.();
  const samples = await interleave(scenario, bench.scale.repetitions, tell);
  const { title, unit, reference, note } = scenario;
  const targets = scenario.targets.map(({ text, check }) => ({ text, ...check(figuresOf(samples)) }));
  const taken = { date: new Date().toISOString(), machine: describeMachine(), database };
  return { name, title, unit, reference, ...(note !== undefined && { note }), samples, targets, taken };
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
