// The first process of a pod in dev mode, and of `npm start -- --watch`. Plain JavaScript, as a pod gets it in a ConfigMap.
//
// It runs the newest code from `npm run dev`, or the image's own code, whose command is this program's arguments. Without a heartbeat it
// returns to the image's code. launcher.ts describes its options, in `DEV_LAUNCHER`, and its messages.
const { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const net = require('node:net');
const { join } = require('node:path');
const { createInterface } = require('node:readline');
const { setTimeout: sleep } = require('node:timers/promises');
const { gunzipSync } = require('node:zlib');
const createRunner = require('./runner.js');

const options = JSON.parse(process.env.DEV_LAUNCHER);
const command = process.argv.slice(2);
const script = command.findIndex((argument, index) => index > 0 && !argument.startsWith('-'));
/** The image's own code; undefined if there is none, as in `npm start -- --watch`. */
const image = script === -1 ? undefined : { hash: 'image', file: command[script], args: command.slice(script + 1) };

let controller; // connection of `npm run dev`
let lease;
let packages; // their hash
let stopping = false;

const runner = createRunner({
  flags: command.slice(1, script === -1 ? undefined : script),
  image,
  variables: { [options.drainVariable]: '0' }, // the launcher drains the pod
  tell(message) {
    if (message.type === 'live') write('state.json', JSON.stringify({ code: message.hash }));
    tell(message);
  },
  isWatched: () => controller !== undefined,
});

function tell(message) {
  controller?.write(`${JSON.stringify(message)}\n`);
}

/** Writes a file in the folder. A reader never sees a part of it. */
function write(name, content) {
  const file = join(options.folder, name);
  writeFileSync(`${file}.part`, content);
  renameSync(`${file}.part`, file);
  return file;
}

/** Writes received code to a file, and removes older files of its type that are not used. */
function unpack({ type, hash, code }) {
  const used = [runner.running()?.file, runner.wanted()?.file];
  const files = readdirSync(options.folder).filter((name) => name.startsWith(type));
  for (const file of files.map((name) => join(options.folder, name))) if (!used.includes(file)) rmSync(file);
  return write(`${type}-${hash}.js`, gunzipSync(Buffer.from(code, 'base64')));
}

function receive(message) {
  clearTimeout(lease);
  lease = setTimeout(release, options.leaseMs);
  const wanted = runner.wanted();
  switch (message.type) {
    case 'beat':
      return tell({ type: 'beat' });
    case 'packages':
      packages = message.hash;
      return runner.preload(unpack(message));
    case 'code':
      if (wanted?.hash !== message.hash) return runner.want({ hash: message.hash, file: unpack(message), args: [] });
      return wanted === runner.running() && tell({ type: 'live', hash: wanted.hash });
    case 'prepare':
      return runner.prepare();
    case 'restart':
      return wanted && runner.want({ ...wanted });
    case 'inspect':
      return runner.inspect();
    case 'release':
      return release();
  }
}

/** Runs the image's own code. */
function release() {
  clearTimeout(lease);
  packages = undefined;
  if (image === undefined) void stop();
  else runner.reset();
}

/** Ends the code, and then this process. */
async function stop(signal) {
  if (stopping) return;
  stopping = true;
  // It takes about a second until every node has removed the endpoint of a terminating pod.
  if (signal === 'SIGTERM') await sleep(Number(process.env[options.drainVariable] ?? 0) * 1000);
  await runner.end();
  process.exit(0);
}
process.on('SIGTERM', stop).on('SIGINT', stop);

mkdirSync(options.folder, { recursive: true });
for (const name of readdirSync(options.folder)) rmSync(join(options.folder, name), { recursive: true });
setTimeout(() => {
  if (image !== undefined && runner.wanted() === undefined) runner.want(image);
}, options.waitMs);

const server = net.createServer((socket) => {
  tell({ type: 'replaced' });
  controller?.destroySoon();
  controller = socket;
  const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on('line', (line) => receive(JSON.parse(line)));
  for (const each of [socket, lines]) each.on('error', () => {}); // the lease handles it; newer Node emits it on both
  socket.on('close', () => {
    if (controller === socket) controller = undefined;
  });
  tell({ type: 'hello', packages, code: runner.running()?.hash });
});
server.listen(options.control, '127.0.0.1');
