import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeMachine, readResults, saveResult } from '../report';
import { Databases } from './databases';
import { readOptions } from './options';
import { plot, type Result, table } from './report';
import { type Bench, check, interleave, type Scenario } from './scenario';
import { pressure } from './scenarios/pressure';
import { coldStart, firstByte, memory } from './scenarios/process';
import { ingest, insert, read, root } from './scenarios/rates';
import { benchFolder, prepare, projectFolder, workFolder } from './setup';

const scenarios = { root, insert, ingest, read, firstByte, memory, coldStart, pressure } as const satisfies Readonly<
  Record<string, (bench: Bench) => Scenario>
>;
type ScenarioName = keyof typeof scenarios;
const names = Object.keys(scenarios) as readonly ScenarioName[];

const tell = (message: string): void => {
  process.stderr.write(`${message}\n`);
};

/** `npm run bench`: measures the service against its peers and limits, prints the ratios and saves them. */
async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), names);
  prepare(tell);
  const databases = await Databases.start(options.database, tell);
  const results: Result[] = [];
  try {
    for (const name of options.only) results.push(await measure(name, { scale: options.scale, databases }));
  } finally {
    await databases.stop();
  }
  process.stdout.write(table(results));

  // Figures of a quick run say little: they must not replace real ones.
  const folder = options.quick ? join(workFolder, 'results') : join(benchFolder, 'results');
  const images = options.quick ? workFolder : join(projectFolder, 'docs/images');
  mkdirSync(images, { recursive: true });
  for (const result of results) saveResult(folder, result);
  const all = readResults<Result>(folder, names);
  writeFileSync(join(folder, 'table.md'), table(all));
  writeFileSync(join(images, 'bench.svg'), plot(all));
  tell(`Saved in ${folder}.`);
  if (
    results.some(({ samples }) =>
      Object.values(samples)
        .flat()
        .some(({ failure }) => failure !== undefined),
    )
  )
    throw new Error('A contestant failed: see above.');
}

async function measure(name: ScenarioName, bench: Bench): Promise<Result> {
  const scenario = scenarios[name](bench);
  tell(`${name}: ${scenario.title}`);
  await scenario.prepare?.();
  const samples = await interleave(scenario, bench.scale.repetitions, tell);
  const { contestants: _measures, prepare: _prepare, ...described } = scenario;
  const targets = scenario.targets.map((target) => check(target, samples, scenario.unit));
  const taken = { date: new Date().toISOString(), machine: describeMachine(), database: bench.databases.title };
  return { name, ...described, samples, targets, taken };
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
