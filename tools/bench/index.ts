import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseNames, flag, option, parseCommandLine, runCommand, say } from '../cli/shared/cli';
import { onSignal } from '../cli/shared/process';
import { saveResult } from '../report';
import { type Databases, startDatabases } from './databases';
import { table } from './report';
import { defaultRepetitions, interleave, parseRepetitions, type Result, resultOf, type Scenario } from './scenario';
import { pressure } from './scenarios/pressure';
import { coldStart, firstByte, memory } from './scenarios/process';
import { ingest, insert, read, root } from './scenarios/rates';
import { benchFolder, prepare, workFolder } from './setup';

const scenarios = { root, insert, ingest, read, firstByte, memory, coldStart, pressure } as const satisfies Readonly<
  Record<string, (databases: Databases) => Scenario>
>;
type ScenarioName = keyof typeof scenarios;
const names = Object.keys(scenarios) as readonly ScenarioName[];

const log = (message: string): void => {
  process.stderr.write(`${message}\n`);
};

const usage = `npm run bench: compares the service with its peers and limits, and saves a table with charts.

  npm run bench -- --only root,read         some of ${names.join(',')}
  npm run bench -- --quick                  one repetition, to check that everything works; publishes no figures
  npm run bench -- --repetitions 15         more than the default of ${defaultRepetitions}, for a narrower spread`;

runCommand(async () => {
  const options = { quick: flag, only: option, repetitions: option };
  const { quick, only, repetitions = quick ? '1' : defaultRepetitions } = parseCommandLine(usage, options).values;
  const chosen = chooseNames(only, names);
  const count = parseRepetitions('repetitions', repetitions);

  await prepare(log);
  const databases = await startDatabases(log);
  onSignal(() => void databases.stop().finally(() => process.exit(1))); // mongod does not receive them
  // Those of a quick run must not replace published ones.
  const folder = join(quick ? workFolder : benchFolder, 'results');
  try {
    for (const name of chosen) {
      const { contestants, prepare: makeData, ...description } = scenarios[name](databases);
      log(`${name}: ${description.title}`);
      await makeData?.();
      const samples = await interleave(contestants, description.unit, count, log);
      const result = resultOf(name, description, samples, databases.title);
      saveResult(folder, result);
      say(table([result]));
    }
  } finally {
    await databases.stop();
  }
  const files = names.map((name) => join(folder, `${name}.json`)).filter((file) => existsSync(file));
  const saved = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Result);
  writeFileSync(join(folder, 'table.md'), `${table(saved)}\n`);
  log(`Saved in ${folder}.`);
});
