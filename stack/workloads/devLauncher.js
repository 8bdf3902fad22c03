// The first process of a pod in dev mode, and of `npm start -- --watch`. Plain JavaScript, as a pod gets it in a ConfigMap.
//
// It runs the service in a worker of node:cluster: the newest code that `npm run dev` has sent, or else the image's own, whose
// command is this program's arguments. New code listens on the same port, and once it is healthy the old code gets SIGTERM: it
// answers what it has accepted, and exits. Without a heartbeat the image's own code comes back. Its options, in `DEV_LAUNCHER`,
// and what it is told and tells are described in launcher.ts.
const cluster = require('node:cluster');
const { subscribe } = require('node:diagnostics_channel');
const { once } = require('node:events');
const { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const http = require('node:http');
const inspector = require('node:inspector');
const Module = require('node:module');
const net = require('node:net');
const { dirname, join } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { isMainThread } = require('node:worker_threads');
const { gunzipSync } = require('node:zlib');

/** Milliseconds that new code has to be healthy, before the old code goes. */
const healthMs = 15_000;
/** Milliseconds until code that has crashed is started again. */
const restartMs = 1000;
/** Milliseconds that old code has for the requests it has accepted; the service itself cuts them off before. */
const retireMs = 30_000;
/** Milliseconds that old code has to stop listening, while a debugger may hold it, and else. */
const [heldMs, blockedMs] = [500, 10_000];
/** Milliseconds after which the next worker loads its packages: not while others, on the same machine, still change their code. */
const standbyMs = 1000;
/** Characters of its error output that are told of code that has crashed. */
const outputLength = 8000;

if (require.main === module) cluster.isPrimary ? launch(process.argv.slice(2)) : standBy();
else if (cluster.isWorker && isMainThread) prepareWorker();

/** Has the packages that the service imports in memory already, and runs the code that it is told to. */
function standBy() {
  prepareWorker();
  process.on('message', ({ packages, run }) => {
    if (packages !== undefined) {
      const loaders = (globalThis[Symbol.for('dev.packages')] = require(packages));
      for (const load of Object.values(loaders)) {
        try {
          load();
        } catch {} // thrown again where the code imports it
      }
    }
    if (run === undefined) return;
    process.argv[1] = run;
    Module.runMain();
  });
}

/** Makes this process one whose service can be replaced at any time. */
function prepareWorker() {
  const { folder: _, port, health, host } = JSON.parse(process.env.DEV_LAUNCHER);
  // No connection is kept: the next request meets the newest code, and none is cut off when this code goes.
  subscribe('http.server.request.start', ({ response }) => response.setHeader('Connection', 'close'));

  const { listen } = net.Server.prototype;
  net.Server.prototype.listen = function (...args) {
    const named = typeof args[0] === 'object' && args[0] !== null ? args[0] : { port: args[0] };
    if (this instanceof http.Server && Number(named.port) === port) {
      this.once('listening', () => tellHealth(this));
      const { close } = this;
      this.close = (...rest) => {
        close.apply(this, rest);
        process.send({ type: 'retired' }); // after Node's own message that no connection shall come any more
        return this;
      };
    }
    if (host !== undefined && named.port === args[0]) args[1] ??= host;
    return listen.apply(this, args);
  };

  /** Tells when `server` is healthy: through a port of this process alone, as all workers share the service's. */
  async function tellHealth(server) {
    const own = net.createServer((socket) => server.emit('connection', socket));
    listen.call(own, { port: 0, host: '127.0.0.1', exclusive: true });
    await once(own, 'listening');
    const path = { host: '127.0.0.1', port: own.address().port, path: health, agent: false };
    while (server.listening) {
      const [response] = await once(http.get(path), 'response').catch(() => []);
      response?.resume();
      if (response?.statusCode === 200) {
        process.send({ type: 'healthy' });
        break;
      }
      await sleep(25);
    }
    own.close();
  }

  process.on('message', ({ inspect }) => {
    if (inspect === true) {
      inspector.open(0, '127.0.0.1');
      process.send({ type: 'inspecting', port: Number(new URL(inspector.url()).port) });
    }
    if (inspect === false) inspector.close();
  });
}

/** @param command the image's, such as `node --flag main.js`; without a script there is no code but what is sent */
function launch(command) {
  const options = JSON.parse(process.env.DEV_LAUNCHER);
  const script = command.findIndex((argument, index) => index > 0 && !argument.startsWith('-'));
  const flags = command.slice(1, script === -1 ? undefined : script);
  /** The image's own code, which has no hash. */
  const image = script === -1 ? undefined : { hash: 'image', file: command[script], args: command.slice(script + 1) };

  let wanted; // code that should run
  let active; // worker that runs code, and the code
  let starting; // worker that is about to take over
  let standby;
  let packages; // hash and file
  let controller; // connection of `npm run dev`
  let lease;
  let inspected = false;
  let converging = false;
  let stopping = false;

  const unpack = (code) => gunzipSync(Buffer.from(code, 'base64'));
  const tell = (message) => controller?.write(`${JSON.stringify(message)}\n`);
  const write = (name, content) => {
    const file = join(options.folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.part`, content);
    renameSync(`${file}.part`, file); // whoever reads it reads all of it
    return file;
  };

  function fork(exec, args, preload) {
    const execArgv = preload ? [...flags, '--require', __filename] : flags;
    cluster.setupPrimary({ exec, args, execArgv, stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    const worker = cluster.fork({ [options.drainVariable]: '0' }); // the launcher drains the pod
    worker.output = '';
    worker.process.stderr.on('data', (text) => {
      // Code that does not start is told to `npm run dev`, and would be shown twice.
      if (worker === active?.worker || controller === undefined) process.stderr.write(text);
      worker.output = `${worker.output}${text}`.slice(-outputLength);
    });
    worker.on('error', () => {}); // it has ended: its exit tells
    return worker;
  }

  function makeStandby() {
    if (standby?.isDead() === false || packages === undefined || stopping) return;
    standby = fork(__filename, [], false);
    standby.send({ packages: packages.file });
  }

  function start(code) {
    if (code === image) return fork(code.file, code.args, true);
    makeStandby();
    const worker = standby;
    standby = undefined;
    worker.send({ run: code.file });
    return worker;
  }

  /** Resolves to undefined when the worker can take over, or to why not. */
  function startUp(worker) {
    return new Promise((resolve) => {
      worker.on('message', ({ type }) => type === 'healthy' && resolve(undefined));
      worker.process.once('close', (code, signal) => resolve(`it ended with ${signal ?? `exit code ${code}`}`)); // its output is complete
      if (active !== undefined) setTimeout(resolve, healthMs, `${options.health} was not answered with 200`).unref();
    });
  }

  /** Runs what is wanted. Code that can't start is told, and what ran before runs on. */
  async function converge() {
    if (converging) return;
    converging = true;
    while (!stopping && wanted !== undefined && wanted !== active?.code) {
      const code = wanted;
      const worker = (starting = start(code));
      const fault = await startUp(worker);
      starting = undefined;
      if (fault === undefined) activate(worker, code);
      else {
        worker.process.kill('SIGKILL');
        if (code !== wanted || stopping) continue; // there is newer code
        if (code === image) process.exit(1); // as in production: the kubelet starts the container again
        tell({ type: 'failed', hash: code.hash, fault, output: worker.output });
        wanted = active?.code ?? image;
      }
    }
    converging = false;
  }

  function activate(worker, code) {
    const old = active;
    active = { worker, code };
    if (controller !== undefined) process.stderr.write(worker.output);
    write('state.json', JSON.stringify({ code: code.hash }));
    const live = () => worker === active?.worker && tell({ type: 'live', hash: code.hash });
    worker.on('message', (message) => message.type === 'inspecting' && worker === active?.worker && tell(message));
    worker.process.once('close', (exitCode, signal) => {
      if (active?.worker !== worker || stopping) return;
      active = undefined;
      if (code === image) process.exit(exitCode ?? 1);
      tell({ type: 'crashed', hash: code.hash, fault: `it ended with ${signal ?? exitCode}`, output: worker.output });
      setTimeout(converge, restartMs);
    });
    if (inspected) {
      if (old?.worker.isConnected()) old.worker.send({ inspect: false });
      worker.send({ inspect: true });
    }
    if (old === undefined) {
      live();
      return makeStandby();
    }
    let alone = false;
    const retired = () => {
      if (!alone) live();
      alone = true;
    };
    old.worker.on('message', ({ type }) => type === 'retired' && retired());
    // Code that a debugger holds would get new connections, too.
    const killers = [
      setTimeout(() => alone || old.worker.process.kill('SIGKILL'), inspected ? heldMs : blockedMs),
      setTimeout(() => old.worker.process.kill('SIGKILL'), retireMs),
    ];
    old.worker.process.once('exit', () => {
      killers.forEach(clearTimeout);
      retired();
      if (old.code !== image && old.code.file !== active?.code.file)
        rmSync(dirname(old.code.file), { recursive: true, force: true });
      setTimeout(makeStandby, standbyMs);
    });
    old.worker.process.kill('SIGTERM');
  }

  /** Code that is still starting is given up. */
  function want(code) {
    wanted = code;
    starting?.process.kill('SIGKILL');
    void converge();
  }

  function release() {
    clearTimeout(lease);
    standby?.process.kill();
    standby = packages = undefined;
    inspected = false;
    if (image === undefined) return stop();
    if (wanted !== image) want(image);
  }

  function receive(message) {
    clearTimeout(lease);
    lease = setTimeout(release, options.leaseMs);
    switch (message.type) {
      case 'beat':
        return tell({ type: 'beat' });
      case 'packages':
        standby?.process.kill();
        standby = undefined;
        if (packages !== undefined) rmSync(packages.file, { force: true });
        packages = { hash: message.hash, file: write(`packages-${message.hash}.js`, unpack(message.code)) };
        return active && makeStandby();
      case 'code':
        if (wanted?.hash === message.hash) return active?.code === wanted && tell({ type: 'live', hash: message.hash });
        return want({ hash: message.hash, file: write(`${message.hash}/main.js`, unpack(message.code)) });
      case 'restart':
        return wanted && want({ ...wanted });
      case 'inspect':
        inspected = true;
        return active?.worker.send({ inspect: true });
      case 'release':
        return release();
    }
  }

  const server = net.createServer((socket) => {
    tell({ type: 'replaced' });
    controller?.destroySoon();
    controller = socket;
    let line = '';
    socket.setEncoding('utf8');
    socket.on('data', (text) => {
      const lines = text.split('\n');
      lines[0] = line + lines[0];
      line = lines.pop();
      for (const each of lines) receive(JSON.parse(each));
    });
    socket.on('error', () => {}); // the lease tells
    socket.on('close', () => {
      if (controller === socket) controller = undefined;
    });
    tell({ type: 'hello', packages: packages?.hash, code: active?.code.hash });
  });

  /** Ends all workers, and then this process. */
  async function stop(signal) {
    if (stopping) return;
    stopping = true;
    standby?.process.kill();
    // Endpoints of a pod that goes take about a second to be removed from every node.
    if (signal === 'SIGTERM') await sleep(Number(process.env[options.drainVariable] ?? 0) * 1000);
    const workers = Object.values(cluster.workers).filter((worker) => !worker.isDead());
    await Promise.all(
      workers.map((worker) => {
        const exit = once(worker.process, 'exit');
        worker.process.kill('SIGTERM');
        setTimeout(() => worker.process.kill('SIGKILL'), inspected ? heldMs : retireMs).unref();
        return exit;
      }),
    );
    process.exit(0);
  }
  process.on('SIGTERM', stop).on('SIGINT', stop);

  mkdirSync(options.folder, { recursive: true });
  for (const name of readdirSync(options.folder)) rmSync(join(options.folder, name), { recursive: true });
  server.listen(options.control, '127.0.0.1');
  setTimeout(() => {
    if (wanted === undefined && image !== undefined) want(image);
  }, options.waitMs);
}
