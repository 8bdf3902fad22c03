// Runs code in workers of node:cluster (worker.js), and replaces it without a gap: new code listens on the same port, and once it is
// healthy the old code gets SIGTERM, answers what it has accepted, and exits.
const cluster = require('node:cluster');
const { once } = require('node:events');
const { join } = require('node:path');

/** Milliseconds for new code to become healthy. */
const healthMs = 15_000;
/** Milliseconds until code that has crashed is started again. */
const restartMs = 1000;
/** Milliseconds for old code to stop listening: if a debugger may hold it, and otherwise. */
const [heldMs, blockedMs] = [500, 10_000];
/** Milliseconds for old code to finish its requests. The service itself ends them earlier. */
const retireMs = 30_000;
/** Milliseconds until the next worker loads its packages, unless `npm run dev` asks for it earlier. */
const standbyMs = 2000;
/** Characters of error output in the message about a crash. */
const outputLength = 8000;

const workerFile = join(__dirname, 'worker.js');
const describeEnd = (code, signal) => `it ended with ${signal ?? `exit code ${code}`}`;

/**
 * Code is `{ hash, file, args }`.
 * @param flags of Node
 * @param image the image's own code; undefined where there is none
 * @param variables more environment variables of workers
 * @param tell sends a `LauncherMessage`
 * @param isWatched whether `npm run dev` is connected
 */
module.exports = function createRunner({ flags, image, variables, tell, isWatched }) {
  let wanted; // code that should run
  let active; // worker that runs code, and the code
  let giveUp; // ends the wait for the worker that is starting
  let standby; // worker that has loaded the packages
  let packages; // their file
  let used = []; // names of those that the newest code has loaded at its start
  let inspected = false;
  let converging = false;
  let ending = false;

  function fork(exec, args, preload = []) {
    const execArgv = [...flags, ...preload];
    cluster.setupPrimary({ exec, args, execArgv, stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    const worker = cluster.fork(variables);
    worker.output = '';
    worker.process.stderr.on('data', (text) => {
      // The output of code that does not start is sent to `npm run dev`, and would be shown twice.
      if (worker === active?.worker || !isWatched()) process.stderr.write(text);
      worker.output = `${worker.output}${text}`.slice(-outputLength);
    });
    return worker.on('error', () => {}); // it has ended, which `exit` handles
  }

  function makeStandby() {
    if (standby?.isDead() === false || packages === undefined || ending) return;
    standby = fork(workerFile, []);
    standby.send({ packages, used });
  }

  function dropStandby() {
    standby?.process.kill();
    standby = undefined;
  }

  function start(code) {
    if (code === image) return fork(code.file, code.args, ['--require', workerFile]);
    makeStandby();
    const worker = standby;
    standby = undefined;
    worker.send({ run: code.file });
    return worker;
  }

  /** Resolves to undefined when the worker can take over, or to the reason why it can't. */
  function startUp(worker) {
    return new Promise((resolve) => {
      giveUp = () => resolve('there is newer code');
      worker.on('message', (message) => {
        if (message.type !== 'healthy') return;
        ({ used } = message);
        resolve(undefined);
      });
      worker.process.once('close', (...end) => resolve(describeEnd(...end))); // its output is complete
      if (active !== undefined) setTimeout(resolve, healthMs, 'its health check did not return 200').unref();
    });
  }

  /** Runs the wanted code. If it can't start, reports it, and the previous code keeps running. */
  async function converge() {
    if (converging) return;
    converging = true;
    while (!ending && wanted !== active?.code) {
      const [code, since] = [wanted, performance.now()];
      const worker = start(code);
      const fault = await startUp(worker);
      if (fault === undefined) {
        activate(worker, code, performance.now() - since);
        continue;
      }
      if (!worker.isDead()) retire(worker); // it may listen, and have accepted requests
      if (code !== wanted || ending) continue;
      if (code === image) process.exit(1); // as in production: the kubelet starts the container again
      tell({ type: 'failed', hash: code.hash, fault, output: worker.output });
      wanted = active?.code ?? image;
      setTimeout(makeStandby, standbyMs);
    }
    converging = false;
  }

  function activate(worker, code, startMs) {
    const [old, since] = [active?.worker, performance.now()];
    active = { worker, code };
    const isActive = () => worker === active?.worker;
    if (isWatched()) process.stderr.write(worker.output);
    worker.on('message', (message) => message.type === 'inspecting' && isActive() && tell(message));
    worker.process.once('close', (exitCode, signal) => {
      if (!isActive() || ending) return;
      active = undefined;
      if (code === image) process.exit(exitCode ?? 1);
      tell({ type: 'crashed', hash: code.hash, fault: describeEnd(exitCode, signal), output: worker.output });
      setTimeout(converge, restartMs);
    });
    if (inspected) {
      if (old?.isConnected()) old.send({ inspect: false });
      worker.send({ inspect: true });
    }
    const live = () =>
      isActive() && tell({ type: 'live', hash: code.hash, startMs, switchMs: performance.now() - since });
    if (old !== undefined) return retire(old, live);
    live();
    makeStandby();
  }

  /** Ends a worker. @param alone is called once it takes no more connections */
  function retire(worker, alone = () => {}) {
    let listens = true;
    const stopped = () => {
      if (listens) alone();
      listens = false;
    };
    worker.on('message', ({ type }) => type === 'retired' && stopped());
    const kill = () => worker.process.kill('SIGKILL');
    // Code that hangs in a debugger or a loop would still get new connections.
    const timers = [setTimeout(() => listens && kill(), inspected ? heldMs : blockedMs), setTimeout(kill, retireMs)];
    worker.process.once('exit', () => {
      timers.forEach(clearTimeout);
      stopped();
      setTimeout(makeStandby, standbyMs);
    });
    worker.process.kill('SIGTERM');
  }

  return {
    /** Code that should run, and code that runs. */
    wanted: () => wanted,
    running: () => active?.code,
    /** Runs `code`. Code that is still starting is given up. */
    want(code) {
      wanted = code;
      giveUp?.();
      void converge();
    },
    /** Loads the file `file` in each worker before code comes. */
    preload(file) {
      packages = file;
      dropStandby();
      if (active !== undefined) makeStandby();
    },
    /** Prepares for the next code. */
    prepare: makeStandby,
    /** Opens the inspector of the code that runs, and of all that comes after it. */
    inspect() {
      inspected = true;
      active?.worker.send({ inspect: true });
    },
    /** Runs the image's own code, and keeps nothing else. */
    reset() {
      dropStandby();
      packages = undefined;
      inspected = false;
      if (wanted !== image) this.want(image);
    },
    /** Ends all workers. Resolves when they have finished their requests. */
    async end() {
      ending = true;
      dropStandby();
      const workers = Object.values(cluster.workers).filter((worker) => !worker.isDead());
      const exits = workers.map((worker) => once(worker.process, 'exit'));
      for (const worker of workers) worker.process.kill('SIGTERM');
      await Promise.all(exits);
    },
  };
};
