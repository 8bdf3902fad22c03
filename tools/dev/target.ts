import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { LauncherCommand, LauncherMessage } from '../../stack/workloads/launcher';
import type { Build } from './builder';

/** Milliseconds between heartbeats. A launcher without one for its `leaseMs` goes back to its image's code. */
const beatMs = 3000;
/** Milliseconds without an answer after which a connection counts as lost. */
const silentMs = 10_000;
/** Milliseconds between attempts to connect, and for the last message to be sent. */
const [retryMs, endMs] = [200, 2000];

/** A launcher that is kept connected, and kept at the newest code. */
export class Target {
  #stream: Duplex | undefined;
  #build: Build | undefined;
  #packages: string | undefined;
  #closed = false;
  #end: Promise<void> | undefined;
  /** Hash of the code that it runs; undefined while that is not known. */
  running: string | undefined;

  /** @param connect opens a stream to the launcher; it may fail, and is then tried again */
  constructor(
    readonly name: string,
    private readonly connect: () => Promise<Duplex>,
    private readonly hear: (target: Target, message: LauncherMessage) => void,
  ) {}

  /** Keeps the connection until `close`. */
  run(): void {
    this.#end = this.#keep();
  }

  async #keep(): Promise<void> {
    while (!this.#closed) {
      await this.connect().then(
        (stream) => this.#converse(stream),
        () => undefined, // it has not started yet, or is about to end
      );
      this.running = undefined;
      if (!this.#closed) await wait(retryMs);
    }
  }

  /** Sends code, at once or when the launcher is connected. */
  push(build: Build): void {
    this.#build = build;
    if (this.#stream === undefined) return;
    const { packages } = build;
    if (this.#packages !== packages.hash) this.send({ type: 'packages', ...packages });
    this.#packages = packages.hash;
    this.send({ type: 'code', hash: build.hash, code: build.code });
  }

  send(command: LauncherCommand): void {
    this.#stream?.write(`${JSON.stringify(command)}\n`);
  }

  /** Ends the connection. Resolves when all is sent. @param release whether the image's own code shall run again */
  async close(release: boolean): Promise<void> {
    this.#closed = true;
    if (release) this.send({ type: 'release' });
    this.#stream?.end();
    await Promise.race([this.#end, wait(endMs)]);
  }

  /** Resolves when the connection has ended. */
  async #converse(stream: Duplex): Promise<void> {
    let heard = Date.now();
    let line = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      heard = Date.now();
      const lines = (line + text).split('\n');
      line = lines.pop() ?? '';
      for (const each of lines) this.#receive(stream, JSON.parse(each) as LauncherMessage);
    });
    const beat = setInterval(() => {
      if (Date.now() - heard > silentMs) stream.destroy();
      else this.send({ type: 'beat' });
    }, beatMs);
    await new Promise((resolve) => stream.once('close', resolve).once('error', resolve));
    clearInterval(beat);
    this.#stream = undefined;
  }

  #receive(stream: Duplex, message: LauncherMessage): void {
    switch (message.type) {
      case 'hello':
        if (this.#closed) return void stream.end();
        this.#stream = stream;
        this.#packages = message.packages;
        this.running = message.code;
        if (this.#build !== undefined) this.push(this.#build);
        break;
      case 'live':
        this.running = message.hash;
        break;
      case 'crashed':
        this.running = undefined;
        break;
      case 'replaced':
        this.#closed = true; // another `npm run dev` has this launcher now
        break;
      case 'failed':
      case 'inspecting':
      case 'beat':
        break;
    }
    this.hear(this, message);
  }
}
