import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import { environment, httpPort, probes } from '../../service/contract';
import { createLogger } from '../../service/platform/logger';
import { service } from '../../service/service';
import { isTypeScript } from '../../stack/configuration/service';
import { portHolder } from '../../stack/preflight/facts';
import {
  type LauncherOptions,
  launcherFile,
  launcherFolder,
  launcherVariable,
  podLauncher,
} from '../../stack/workloads/launcher';
import { localFolder, startDatabase } from '../database/databaseProcess';
import { describeRequests, flag, option, parseCommandLine, root, runCommand, say, userPath } from './shared/cli';
import { firstSignal } from './shared/process';

const usage = `npm start: runs the service with a local MongoDB, without a cluster.

  npm start -- --watch                 reload the code on each save
  npm start -- --service shop/main.ts  a service other than service/main.ts, with --watch
  npm start -- --port 5001             a port other than ${httpPort}
  npm start -- --data folder           a data folder other than .local/data`;

const host = '127.0.0.1';

interface Running {
  readonly port: number;
  readonly metricsPort?: number;
  stop(): Promise<void>;
}

runCommand(async () => {
  const { values } = parseCommandLine(usage, { port: option, data: option, watch: flag, service: option });
  const own = join('service', 'main.ts');
  const source = values.service === undefined ? own : relative(root, userPath(values.service));
  if (!isTypeScript(source) || !existsSync(join(root, source)))
    throw new Error(`--service is '${values.service}' and must be a TypeScript file, such as ${own}`);
  const variables = {
    [environment.logLevel]: 'warn', // otherwise requests would be logged below the URL
    ...process.env,
    ...(values.port !== undefined && { [environment.httpPort]: values.port }),
    [environment.metricsPort]: '0',
  };
  // The database is unknown until it runs; everything else is checked first.
  const { httpPort: port } = service.readConfiguration({ ...variables, [environment.mongoUri]: 'mongodb://later' });
  const holder = await portHolder(port);
  if (holder !== undefined)
    throw new Error(`Port ${port} is in use by ${holder}. Use another port: npm start -- --port ${port + 1}`);

  const database = await startDatabase(values.data ?? join(localFolder, 'data'), say);
  const interrupted = firstSignal(); // from now on, as the database must not outlive this process
  const connected = { ...variables, [environment.mongoUri]: database.uri };
  const watched = values.watch || source !== own;
  const running = await (watched ? startWatched(source, port, connected) : start(connected)).catch(
    async (error: unknown) => {
      await database.stop();
      throw error;
    },
  );

  const url = `http://${host}:${running.port}`;
  say(`\nThe service is ready at ${url}`);
  say(`Database: ${database.title}, data in ${database.folder}`);
  if (running.metricsPort !== undefined) say(`Metrics: http://${host}:${running.metricsPort}/metrics`);
  say(`${describeRequests(url, source === own)}\nCtrl-C stops it.`);

  await interrupted;
  say('\nStopping … Ctrl-C again stops at once.');
  await Promise.race([running.stop(), sleep(1000).then(firstSignal)]); // npm repeats the first Ctrl-C
  await database.stop();
  process.exit(0);
});

function start(variables: NodeJS.ProcessEnv): Promise<Running> {
  const configuration = service.readConfiguration(variables);
  return service.start({ ...configuration, host }, createLogger(configuration));
}

/** Runs the service in the launcher of dev mode, which receives each save. Resolves when it listens, if it compiles. */
async function startWatched(source: string, port: number, variables: NodeJS.ProcessEnv): Promise<Running> {
  const { Session } = await import('../dev/session.js'); // loads a compiler
  const control = await getPort();
  const folder = join(localFolder, 'dev', String(port));
  const options: LauncherOptions = { ...podLauncher, folder, source, port, host, health: probes.startup, control };
  const child = spawn(process.execPath, [join(root, launcherFolder, launcherFile), 'node'], {
    cwd: root,
    env: { ...variables, [launcherVariable]: JSON.stringify(options) },
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: process.platform !== 'win32', // Ctrl-C must not end it before this process has closed its connection
  });
  const session = new Session({
    root,
    entry: source,
    unsent: { paths: ['package.json'], remedy: 'Restart this command: npm start -- --watch' },
    say,
  });
  session.add('service', async () => {
    const socket = connect(control, host);
    await once(socket, 'connect');
    return socket;
  });
  await session.start();
  return {
    port,
    stop: async () => {
      await session.close();
      child.kill(); // in case the connection was lost
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}
