import { basename, dirname, sep } from 'node:path';
import { styleText } from 'node:util';
import type { LauncherMessage } from '../../stack/workloads/launcher';
import { messageOf } from '../cli/shared/cli';
import { type Build, Builder } from './builder';
import { Target } from './target';
import { TypeChecker } from './typeChecker';
import { watchFiles } from './watcher';

/** Milliseconds until a message lists the targets that do not run a save yet. */
const slowMs = 5000;

export interface SessionOptions {
  /** The project's folder. */
  readonly root: string;
  /** The service's main file, relative to `root`. */
  readonly entry: string;
  /** Files and folders that can't be sent, and what to do after a change. */
  readonly unsent: { readonly paths: readonly string[]; readonly remedy: string };
  readonly say: (text: string) => void;
  readonly onMessage?: (target: Target, message: LauncherMessage) => void;
}

/** A save that some targets do not run yet. Times are `performance.now()`. */
interface Save {
  readonly files: string;
  readonly hash: string;
  readonly seenAt: number;
  readonly builtMs: number;
  readonly slow: NodeJS.Timeout;
}

/** Watches the service's files, and sends the newest code that builds to every target. */
export class Session {
  readonly targets = new Map<string, Target>();
  readonly #builder: Builder;
  readonly #types: TypeChecker;
  #endWatch: (() => Promise<void>) | undefined;
  #build: Build | undefined;
  #save: Save | undefined;
  #work = Promise.resolve();

  constructor(private readonly options: SessionOptions) {
    const { root, entry } = options;
    this.#builder = new Builder(root, entry);
    this.#types = new TypeChecker(root, dirname(entry), (text) => this.#log('types', text, 'yellow'));
  }

  /** Starts watching, and makes the first build. If it fails, the next save that builds is sent. */
  async start(): Promise<void> {
    const { root, entry, unsent } = this.options;
    // Every service uses the platform in `service`.
    const watched = [dirname(entry), 'service', ...unsent.paths, 'package-lock.json', 'tsconfig.json'];
    this.#endWatch = await watchFiles(root, watched, (paths, at) => this.#change(paths, at));
    this.#change([entry], performance.now());
    await this.#work;
    this.#types.start();
  }

  /** @param connect opens a stream to a launcher */
  add(name: string, connect: ConstructorParameters<typeof Target>[1]): void {
    const target = new Target(name, connect, (...args) => this.#receive(...args));
    this.targets.set(name, target);
    if (this.#build !== undefined) target.push(this.#build);
  }

  remove(name: string): void {
    void this.targets.get(name)?.close(false);
    this.targets.delete(name);
    this.#report();
  }

  /** Ends watching and all connections. The targets return to the deployed code. */
  async close(): Promise<void> {
    this.#types.stop();
    this.#endSave();
    const ends = [...this.targets.values()].map((target) => target.close(true));
    await Promise.all([...ends, this.#endWatch?.(), this.#builder.close()]);
  }

  #change(paths: readonly string[], seenAt: number): void {
    const { unsent } = this.options;
    const isUnsent = (path: string): boolean =>
      basename(path) === 'Dockerfile' || unsent.paths.some((other) => path === other || path.startsWith(other + sep));
    const [kept, sent] = [paths.filter(isUnsent), paths.filter((path) => !isUnsent(path))];
    if (kept.length > 0) this.#log(kept.join(', '), `a save does not deploy this. ${unsent.remedy}`, 'yellow');
    if (sent.includes('package-lock.json')) this.#builder.forgetPackages();
    if (sent.length > 0) this.#work = this.#work.then(() => this.#push(sent.join(', '), seenAt));
  }

  async #push(files: string, seenAt: number): Promise<void> {
    const started = performance.now();
    const build = await this.#builder.build().catch((error: unknown) => {
      this.#log(files, `does not compile. The previous code keeps running.\n${messageOf(error)}`, 'red');
    });
    if (build === undefined || build.hash === this.#build?.hash) return;
    this.#endSave();
    this.#build = build;
    const slow = setTimeout(() => this.#log(files, `not live yet in ${this.#late().join(', ')}`, 'yellow'), slowMs);
    this.#save = { files, hash: build.hash, seenAt, builtMs: performance.now() - started, slow };
    for (const target of this.targets.values()) target.push(build);
  }

  #receive(target: Target, message: LauncherMessage): void {
    const save = this.#save;
    switch (message.type) {
      case 'live':
        if (save === undefined && message.hash === this.#build?.hash) this.#log(target.name, 'runs the newest code');
        break;
      case 'failed':
        if (message.hash !== save?.hash) break; // other targets fail with the same code
        this.#log(save.files, `does not start. The previous code keeps running.\n${this.#explain(message)}`, 'red');
        this.#endSave();
        break;
      case 'crashed':
        this.#log(target.name, `has crashed, and is restarted.\n${this.#explain(message)}`, 'red');
        break;
      case 'replaced':
        this.#log(target.name, 'now takes its code from another run of this command', 'yellow');
        break;
      default:
        message.type satisfies 'hello' | 'inspecting' | 'beat';
    }
    this.#report(message);
    this.options.onMessage?.(target, message);
  }

  /** Reports the save once all targets run it. @param last message of the last target */
  #report(last?: LauncherMessage): void {
    const [save, count] = [this.#save, this.targets.size];
    if (save === undefined || count === 0 || this.#late().length > 0) return;
    this.#endSave();
    const total = performance.now() - save.seenAt;
    const { startMs = 0, switchMs = 0 } = last?.type === 'live' ? last : {};
    const sendMs = total - save.builtMs - startMs - switchMs;
    const phases = { build: save.builtMs, send: sendMs, start: startMs, switch: switchMs };
    const times = Object.entries(phases).map(([phase, ms]) => `${phase} ${ms.toFixed(0)}`);
    this.#log(save.files, `live in ${count} of ${count} after ${total.toFixed(0)} ms (${times.join(', ')})`, 'green');
    for (const target of this.targets.values()) target.send({ type: 'prepare' });
  }

  #late(): string[] {
    return [...this.targets.values()].filter(({ running }) => running !== this.#save?.hash).map(({ name }) => name);
  }

  #endSave(): void {
    clearTimeout(this.#save?.slow);
    this.#save = undefined;
  }

  /** Why code has ended, with the project's lines of the stack. */
  #explain({ fault, output }: { readonly fault: string; readonly output: string }): string {
    const own = output.replace(/^.*\/code-\w+\.js:\d+\n.*\n *\^+\n+/m, ''); // without the line of the bundle
    const lines = own
      .split('\n')
      .filter((line) => !/^\s+at .*(node:|packages-\w+\.js|\/worker\.js:)|^Node\.js v/.test(line));
    return `${lines.join('\n').replaceAll(`${this.options.root}${sep}`, '').trim() || fault}`;
  }

  #log(what: string, text: string, colour?: 'red' | 'yellow' | 'green'): void {
    const line = `${new Date().toLocaleTimeString('sv')}  ${what}: ${text}`;
    this.options.say(colour !== undefined && process.stdout.isTTY ? styleText(colour, line) : line);
  }
}
