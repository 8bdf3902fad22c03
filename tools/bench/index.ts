import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseNames, flag, option, parseCommandLine, runCommand, say } from '../cli/shared/cli';
import { signals } from '../cli/shared/process';
import { saveResults } from '../report';
import { startDatabases } from './databases';
import { plot, table } from './report';
import { type Bench, fullScale, measure, quickScale, type Result, type Scenario } from './scenario';
import { pressure } from './scenarios/pressure';
import { coldStart, firstByte, memory } from './scenarios/process';
import { ingest, insert, read, root } from './scenarios/rates';
import { prepare } from './setup';

const scenarios = { root, insert, ingest, read, firstByte, memory, coldStart, pressure } as const satisfies Readonly<
  Record<string, (bench: Bench) => Scenario>
>;
type ScenarioName = keyof typeof scenarios;
const names = Object.keys(scenarios) as readonly ScenarioName[];

const log = (message: string): void => {
  process.stderr.write(`${message}\n`);
};

const usage = `npm run bench: compares the service with its peers and limits, and saves a table and a plot.

  npm run bench -- --only root,read         some of ${names.join(',')}
  npm run bench -- --quick                  a quick check that everything works; publishes no figures
  npm run bench -- --repetitions 15         more than the default of ${fullScale.repetitions}, for a narrower spread
  npm run bench -- --database mongodb://…   use a running server, with databases bench_NAME`;

runCommand(async () => {
  const { quick, only, database, ...values } = parseCommandLine(usage, {
    quick: flag,
    only: option,
    repetitions: option,
    database: option,
  }).values;
  const chosen = chooseNames(only, names);
  const scale = quick ? quickScale : fullScale;
  const repetitions = Number(values.repetitions ?? scale.repetitions);
  if (!Number.isInteger(repetitions) || repetitions < 1)
    throw new Error(`--repetitions is '${values.repetitions}': give a whole number from 1.`);

  await prepare(log);
  const databases = await startDatabases(database, log);
  const end = (): unknown => databases.stop().finally(() => process.exit(1));
  for (const signal of signals) process.on(signal, end); // mongod does not receive them
  const results: Result[] = [];
  try {
    for (const name of chosen) {
      const scenario = scenarios[name]({ scale: { ...scale, repetitions }, databases });
      results.push(await measure(name, scenario, repetitions, databases.title, log));
    }
  } finally {
    await databases.stop();
  }
  say(table(results));

  const { folder, saved } = saveResults({ tool: 'bench', quick, names }, results, plot);
  writeFileSync(join(folder, 'table.md'), `${table(saved)}\n`);
  log(`Saved in ${folder}.`);
  const samples = results.flatMap((result) => Object.values(result.samples).flat());
  if (samples.some(({ failure }) => failure !== undefined)) throw new Error('A contestant failed, as shown above.');
});
