import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A module that ends a process if its parent was killed. */
const endsWithParent = 'data:text/javascript,process.once("disconnect",()=>process.exit())';

/** Checks the types of a folder after each change, in a process of low priority. Saves do not wait for it. */
export class TypeChecker {
  #child: ChildProcess | undefined;

  /** @param log receives the errors of a check, and a message when they are fixed */
  constructor(
    private readonly root: string,
    private readonly folder: string,
    private readonly log: (text: string) => void,
  ) {}

  start(): void {
    const folder = join(this.root, '.local', 'dev');
    const project = join(folder, 'tsconfig.json');
    mkdirSync(folder, { recursive: true });
    const extended = { extends: join(this.root, 'tsconfig.json'), include: [join(this.root, this.folder)] };
    writeFileSync(project, JSON.stringify(extended)); // only the folder that is sent
    const program = require.resolve('typescript/bin/tsc');
    const flags = ['--noEmit', '--watch', '--preserveWatchOutput', '--pretty', 'false'];
    const args = ['--import', endsWithParent, program, '--project', project, ...flags];
    const child = spawn(process.execPath, args, { cwd: this.root, stdio: ['ignore', 'pipe', 'ignore', 'ipc'] });
    this.#child = child;
    child.once('spawn', () => setPriority(child.pid ?? 0, constants.priority.PRIORITY_LOW));
    child.on('error', () => this.log('are not checked, as tsc could not be started'));
    let faults: string[] = [];
    let failed = false;
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (/Watching for file changes\.$/.test(line)) {
        if (faults.length > 0) this.log(`\n${faults.join('\n')}`);
        else if (failed) this.log('no more errors');
        failed = faults.length > 0;
        faults = [];
      } else if (line !== '' && !/^[\d:]+( [AP]M)? - /.test(line)) faults.push(line);
    });
  }

  stop(): void {
    this.#child?.kill();
  }
}
