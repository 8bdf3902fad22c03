// Run by every `npm run` command before its TypeScript: plain JavaScript without dependencies, in a syntax that old versions of Node
// can parse to report that they are too old.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Oldest Node: the first with `require(esm)` on by default, which some dependencies need. */
const needed = [20, 19];

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function lockedPackages(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8')).packages;
  } catch (_error) {
    return undefined;
  }
}

/** Whether node_modules matches package-lock.json. npm keeps another lock file in it. */
function isInstalled() {
  const wanted = lockedPackages('package-lock.json');
  const present = lockedPackages('node_modules/.package-lock.json');
  if (!wanted || !present) return false;
  return Object.keys(wanted).every((path) => {
    if (path === '') return true; // the project itself
    if (!present[path]) return Boolean(wanted[path].optional || wanted[path].devOptional); // for another platform
    return present[path].version === wanted[path].version && present[path].integrity === wanted[path].integrity;
  });
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  fail(
    `Node ${process.versions.node} is too old: this project needs ${needed.join('.')} or later. Install it from https://nodejs.org`,
  );
}

if (!isInstalled()) {
  process.stderr.write('Installing dependencies (npm ci) …\n');
  const npm = process.env.npm_execpath || '';
  // The commands need the development dependencies with any NODE_ENV. A parent folder may be a workspace root.
  const args = ['ci', '--include=dev', '--no-workspaces'];
  const options = { cwd: root, stdio: 'inherit' };
  const { status } = npm.endsWith('npm-cli.js')
    ? spawnSync(process.execPath, [npm].concat(args), options)
    : spawnSync(`npm ${args.join(' ')}`, Object.assign({ shell: true }, options)); // npm is a script on Windows: only a shell finds it
  if (status !== 0) {
    fail(
      'The dependencies were not installed: npm ci failed, as shown above. It needs a package registry, or a filled npm cache. ' +
        'Try again: npm ci',
    );
  }
}
