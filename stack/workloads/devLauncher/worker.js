// Runs the service in a worker of node:cluster, so that newer code can replace it at any time. The image's own code has this file
// preloaded. Code from `npm run dev` is run by it, in a process that has already loaded the packages.
const cluster = require('node:cluster');
const { subscribe } = require('node:diagnostics_channel');
const { once } = require('node:events');
const { existsSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const http = require('node:http');
const inspector = require('node:inspector');
const Module = require('node:module');
const net = require('node:net');
const { setTimeout: sleep } = require('node:timers/promises');
const { Script } = require('node:vm');
const { isMainThread } = require('node:worker_threads');

/** Milliseconds between health checks of new code. */
const healthMs = 10;

const { port, health, host } = JSON.parse(process.env.DEV_LAUNCHER);
const { listen } = net.Server.prototype;
/** Names of the packages that the code of this process has imported. */
const usedPackages = new Set();
/** Saves V8's compiled code of the packages for later workers. */
let keepCompiled = () => {};

// A thread of the service preloads this file, too.
if (cluster.isWorker && isMainThread) {
  process.on('message', receive);
  // Not with --enable-source-maps: Node would also map the call sites that pino reads at its start, which takes 25 ms.
  process.setSourceMapsEnabled(true);
  // Connections are not kept alive: the next request reaches the newest code, and none is cut off when this code ends.
  subscribe('http.server.request.start', ({ response }) => response.setHeader('Connection', 'close'));
  net.Server.prototype.listen = listenAsReplaceable;
}

function receive({ packages, used, run, inspect }) {
  if (packages !== undefined) load(packages, used);
  if (run !== undefined) {
    process.argv[1] = run;
    Module.runMain();
  }
  if (inspect === true) {
    inspector.open(0, '127.0.0.1');
    process.send({ type: 'inspecting', port: Number(new URL(inspector.url()).port) });
  }
  if (inspect === false) inspector.close();
}

/** Makes later code get its packages from the file `packages`. Loads those in `used` now. */
function load(packages, used) {
  const loaders = runCompiled(packages);
  const { _load } = Module;
  Module._load = (name, ...rest) => {
    if (!Object.hasOwn(loaders, name)) return _load(name, ...rest);
    usedPackages.add(name);
    return loaders[name]();
  };
  for (const name of used) {
    try {
      loaders[name]();
    } catch {} // thrown again where the code imports it
  }
  // Node itself loads and compiles these at their first use: Koa asks for Response, the MongoDB driver for random values.
  void globalThis.Response;
  globalThis.crypto.getRandomValues(new Uint8Array(1));
  const server = http.createServer((request, response) => request.resume().on('end', () => response.end('{}')));
  listen.call(server, { port: 0, host: '127.0.0.1', exclusive: true }, () => {
    const { port } = server.address();
    const close = () => server.close();
    http
      .get({ host: '127.0.0.1', port, agent: false }, (response) => response.resume().on('end', close))
      .on('error', close);
  });
}

/**
 * Runs the module `file`, which has no dynamic imports, with V8's compiled code from an earlier worker. That takes half the CPU of
 * `require`, here and at the first calls of the packages.
 */
function runCompiled(file) {
  const compiled = `${file}.compiled`;
  const cachedData = existsSync(compiled) ? readFileSync(compiled) : undefined;
  const script = new Script(Module.wrap(readFileSync(file, 'utf8')), { filename: file, cachedData });
  if (cachedData === undefined || script.cachedDataRejected)
    keepCompiled = () => {
      try {
        writeFileSync(`${compiled}.part`, script.createCachedData());
        renameSync(`${compiled}.part`, compiled);
      } catch {} // no disk space: later workers compile it too
    };
  const module = { exports: {} };
  script.runInThisContext()(module.exports, Module.createRequire(file), module);
  return module.exports;
}

/** Replaces `listen` of servers: reports when the service's server is healthy, and when it stops accepting connections. */
function listenAsReplaceable(...args) {
  const named = typeof args[0] === 'object' && args[0] !== null ? args[0] : { port: args[0] };
  if (this instanceof http.Server && Number(named.port) === port) {
    this.once('listening', () => tellHealth(this));
    const { close } = this;
    this.close = (...rest) => {
      close.apply(this, rest);
      process.send({ type: 'retired' }); // after Node's own message to send no more connections
      return this;
    };
  }
  if (host !== undefined && named.port === args[0]) args[1] ??= host;
  return listen.apply(this, args);
}

/** Checks `server` through a port of its own, as all workers share the service's port. */
async function tellHealth(server) {
  const own = net.createServer((socket) => server.emit('connection', socket));
  listen.call(own, { port: 0, host: '127.0.0.1', exclusive: true });
  await once(own, 'listening');
  const path = { host: '127.0.0.1', port: own.address().port, path: health, agent: false };
  while (server.listening) {
    const [response] = await once(http.get(path), 'response').catch(() => []);
    response?.resume();
    if (response?.statusCode === 200) {
      process.send({ type: 'healthy', used: [...usedPackages] }, keepCompiled);
      break;
    }
    await sleep(healthMs);
  }
  own.close();
}
